package org.radapter.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.image.Augmentation;
import org.radapter.clip.tokenizer.BytePairTokenizer;
import org.radapter.clip.tokenizer.Tokenizers;
import org.radapter.clip.tokenizer.VocabularyBuilder;
import org.radapter.clip.tokenizer.VocabularyWriter;
import org.radapter.data.DataOptions;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.Progress;
import org.radapter.data.emoji.EmojiPrompts;
import org.radapter.data.emoji.EmojiShift;
import org.radapter.data.emoji.LeakCheck;
import org.radapter.data.emoji.PretrainingSet;
import org.radapter.data.emoji.Split;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Schedule;
import org.radapter.tensor.CounterRandom;
import org.radapter.tensor.DType;
import org.radapter.train.Checkpoint;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.ImagePreparation;
import org.radapter.train.ModelCopies;
import org.radapter.train.Predictions;
import org.radapter.train.PretrainSettings;
import org.radapter.train.Pretrainer;
import org.radapter.train.StepReport;
import org.radapter.train.TrainingListener;
import org.radapter.train.ZeroShotHead;
import org.radapter.weights.ClipFile;
import org.radapter.weights.ClipFileWriter;
import org.radapter.weights.Naming;
import org.radapter.weights.TensorSources;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes a small CLIP from the pre-training split of EmojiShift. */
@Command(
        name = "pretrain",
        mixinStandardHelpOptions = true,
        description = {
            "Pre-trains a small CLIP from scratch on drawings of emoji and icons.",
            "The run is resumable: started again with the same --run folder, it goes on from its last checkpoint."
        })
public final class PretrainCommand implements Callable<Integer> {
    private static final int VOCABULARY = 2048;
    private static final int CONTEXT = 24;

    @Option(names = "--run", required = true, description = "Folder of the run: vocabulary, checkpoints.")
    private Path run = Path.of("");

    @Option(names = "--out", description = "Folder the finished model is written to (Hugging Face's layout).")
    private Path out = Path.of("");

    @Option(
            names = "--start",
            description = "A model to go on from, with its geometry and vocabulary, instead of random weights.")
    private @Nullable Path start;

    @Option(
            names = "--augmentation",
            defaultValue = "strong",
            description = "Changes of the drawings: strong, or light for a last part of training (${DEFAULT-VALUE}).")
    private String augmentation = "strong";

    @Option(
            names = "--emoji",
            defaultValue = "1",
            description = "Times an epoch shows each emoji, icons once (${DEFAULT-VALUE}).")
    private int emojiTimes;

    @Option(names = "--steps", defaultValue = "12000", description = "Steps (${DEFAULT-VALUE}).")
    private int steps;

    @Option(names = "--batch", defaultValue = "256", description = "Pairs in a step (${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--learning-rate", defaultValue = "2e-3", description = "Peak learning rate (${DEFAULT-VALUE}).")
    private double learningRate;

    @Option(names = "--weight-decay", defaultValue = "0.1", description = "Of matrices (${DEFAULT-VALUE}).")
    private double weightDecay;

    @Option(names = "--average-decay", defaultValue = "0.999", description = "Of the average (${DEFAULT-VALUE}).")
    private double averageDecay;

    @Option(names = "--image-size", defaultValue = "40", description = "Pixels (${DEFAULT-VALUE}).")
    private int imageSize;

    @Option(names = "--image-width", defaultValue = "128", description = "Width of the image tower.")
    private int imageWidth;

    @Option(names = "--image-layers", defaultValue = "4", description = "Layers of the image tower.")
    private int imageLayers;

    @Option(names = "--seed", defaultValue = "1", description = "Of every random choice (${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--device",
            defaultValue = Backends.AUTO,
            description = "auto, cuda, cuda:N, cpu or reference (${DEFAULT-VALUE}).")
    private String device = Backends.AUTO;

    @Option(names = "--threads", defaultValue = "0", description = "Threads; 0: all (${DEFAULT-VALUE}).")
    private int threads;

    @Option(names = "--evaluate-every", defaultValue = "500", description = "Steps between evaluations.")
    private int evaluateEvery;

    @Override
    public Integer call() throws IOException {
        PrintStream console = System.out;
        EmojiShift emoji = EmojiShift.open(DataOptions.defaults(), Progress.SILENT);
        LeakCheck.run(emoji).orThrow();
        PretrainingSet pretraining = emoji.pretraining().withEmoji(emojiTimes);
        console.printf(
                Locale.ROOT,
                "%d drawings, %d classes%n",
                pretraining.size(),
                pretraining.classNames().size());
        BytePairTokenizer tokenizer = start == null ? vocabulary(pretraining) : Tokenizers.load(start, CONTEXT);
        ClipConfig config = start == null ? config(tokenizer) : config(start);
        PretrainSettings settings = new PretrainSettings(
                config,
                new Schedule(learningRate, 1e-5, Math.max(1, steps / 25), steps),
                weightDecay,
                averageDecay,
                batch,
                augmentation(),
                start == null ? steps / 10 : 0,
                seed);
        try (Kernels kernels = Backends.open(device, BackendOptions.DEFAULT.withThreads(threads));
                Pretrainer pretrainer = pretrainer(kernels, settings)) {
            console.println(kernels.description());
            CounterRandom random = new CounterRandom(seed);
            Files.createDirectories(run);
            Map<String, String> identity = new LinkedHashMap<>();
            identity.put("settings", settings.toString());
            pretrainer.run(
                    pretraining,
                    (index, step, sample) -> pretraining.caption(index, random, step, sample),
                    tokenizer,
                    new Checkpoint(run.resolve("checkpoint"), identity),
                    Math.min(evaluateEvery, 250),
                    listener(console, kernels, pretrainer, emoji, tokenizer));
            evaluate(console, kernels, pretrainer, emoji, tokenizer);
            if (!out.toString().isEmpty()) {
                try (ClipParameters weights = pretrainer.averaged()) {
                    ClipFileWriter.write(
                            out,
                            Naming.HUGGING_FACE,
                            config,
                            TensorSources.of(ModelCopies.values(weights)),
                            DType.F16,
                            List.of());
                }
                VocabularyWriter.writePair(out, tokenizer.vocabulary(), CONTEXT);
            }
        }
        return 0;
    }

    private Augmentation augmentation() {
        return switch (augmentation) {
            case "strong" -> Augmentation.STRONG;
            case "light" -> Augmentation.LIGHT;
            default ->
                throw new IllegalArgumentException("--augmentation is strong or light, not \"" + augmentation + "\"");
        };
    }

    private Pretrainer pretrainer(Kernels kernels, PretrainSettings settings) throws IOException {
        if (start == null) {
            return new Pretrainer(kernels, settings);
        }
        try (ClipFile file = ClipFile.open(start)) {
            return new Pretrainer(kernels, settings, file.tensors());
        }
    }

    private static ClipConfig config(Path model) throws IOException {
        try (ClipFile file = ClipFile.open(model)) {
            return file.config();
        }
    }

    private BytePairTokenizer vocabulary(PretrainingSet pretraining) throws IOException {
        if (!Files.exists(run.resolve("vocab.json"))) {
            Files.createDirectories(run);
            VocabularyBuilder builder = new VocabularyBuilder();
            EmojiPrompts.templates().forEach(template -> builder.add(template, pretraining.size() / 20));
            for (int i = 0; i < pretraining.size(); i++) {
                pretraining.captions(i).forEach(builder::add);
            }
            VocabularyWriter.writePair(run, builder.build(VOCABULARY), CONTEXT);
        }
        return Tokenizers.load(run, CONTEXT);
    }

    private ClipConfig config(BytePairTokenizer tokenizer) {
        return new ClipConfig(
                128,
                new ClipConfig.ImageTower(imageWidth, imageLayers, imageWidth / 32, 4 * imageWidth, 8, imageSize),
                new ClipConfig.TextTower(
                        128, 2, 4, 512, CONTEXT, tokenizer.vocabularySize(), ClipConfig.EotPooling.argmax()),
                false,
                ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
                ClipConfig.ImageNormalization.OPENAI);
    }

    private TrainingListener listener(
            PrintStream console,
            Kernels kernels,
            Pretrainer pretrainer,
            EmojiShift emoji,
            BytePairTokenizer tokenizer) {
        long[] since = {System.nanoTime(), -1};
        return new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (report.step() % 50 == 0) {
                    long now = System.nanoTime();
                    double rate = since[1] < 0 ? 0 : batch * (report.step() - since[1]) / ((now - since[0]) * 1e-9);
                    since[0] = now;
                    since[1] = report.step();
                    console.printf(
                            Locale.ROOT,
                            "step %d  loss %.4f  norm %.3f  1/tau %.1f  %.0f pairs/s%n",
                            report.step(),
                            report.loss(),
                            report.gradientNorm(),
                            pretrainer.logitScale(),
                            rate);
                }
                if ((report.step() + 1) % evaluateEvery == 0) {
                    try {
                        evaluate(console, kernels, pretrainer, emoji, tokenizer);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            }

            @Override
            public void notice(String sentence) {
                console.println(sentence);
            }
        };
    }

    private static void evaluate(
            PrintStream console, Kernels kernels, Pretrainer pretrainer, EmojiShift emoji, BytePairTokenizer tokenizer)
            throws IOException {
        try (ClipParameters weights = pretrainer.averaged();
                ClipModel model = new ClipModel(kernels, weights, DType.F32, null)) {
            ImagePreparation preparation = DrawingPreparation.plain(weights.config());
            List<String> names = emoji.dataset(Split.VALIDATION).classNames();
            ZeroShotHead head = ZeroShotHead.of(model, tokenizer, names, EmojiPrompts.templates());
            StringBuilder line = new StringBuilder("zero-shot:");
            for (Split split : Split.values()) {
                ImageTextDataset dataset = emoji.dataset(split);
                if (dataset.size() > 0) {
                    double accuracy =
                            Predictions.of(model, head, dataset, preparation).accuracy();
                    line.append(
                            String.format(Locale.ROOT, " %s %.1f%% (%d)", split.id(), 100 * accuracy, dataset.size()));
                }
            }
            console.println(line);
        }
    }
}
