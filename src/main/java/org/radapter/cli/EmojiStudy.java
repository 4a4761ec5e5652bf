package org.radapter.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.radapter.cli.report.CurvePoint;
import org.radapter.cli.report.Example;
import org.radapter.cli.report.MetricsFile;
import org.radapter.cli.report.MetricsListener;
import org.radapter.cli.report.Output;
import org.radapter.cli.report.TrainingProgress;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.image.Augmentation;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.emoji.EmojiPrompts;
import org.radapter.data.emoji.EmojiShift;
import org.radapter.data.emoji.Split;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.CounterRandom;
import org.radapter.tensor.DType;
import org.radapter.train.CaptionSource;
import org.radapter.train.Checkpoint;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.FineTuner;
import org.radapter.train.ImagePreparation;
import org.radapter.train.Method;
import org.radapter.train.Predictions;
import org.radapter.train.ZeroShotHead;
import org.radapter.train.statistics.MeanAccuracy;
import org.radapter.train.statistics.Outcomes;
import org.radapter.train.statistics.PairedComparison;

/** Fine-tunes one model on EmojiShift by several methods and seeds, and measures each in and out of distribution. */
final class EmojiStudy implements AutoCloseable {
    static final String ZERO_SHOT = "zero-shot";
    static final String ID = "id";
    static final String NEAR = "near-ood";
    static final String FAR = "far-ood";

    private static final long TEMPLATE = CounterRandom.site("study.template");
    private static final double[] CURVE = {.25, .5, .75, 1};
    private static final int CHECKPOINT_EVERY = 50;
    private static final int EXAMPLES = 6;

    private final Kernels kernels;
    private final ClipParameters base;
    private final Tokenizer tokenizer;
    private final EmojiShift emoji;
    private final Path folder;
    private final MetricsFile metrics;
    private final ImagePreparation plain;
    private final List<Outcomes> outcomes = new ArrayList<>();
    private final Map<Double, List<Outcomes>> curve = new LinkedHashMap<>();
    private final Map<Split, int[]> before = new LinkedHashMap<>();
    private final Map<Split, int[]> after = new LinkedHashMap<>();

    EmojiStudy(Kernels kernels, ClipParameters base, Tokenizer tokenizer, EmojiShift emoji, Path folder)
            throws IOException {
        this.kernels = kernels;
        this.base = base;
        this.tokenizer = tokenizer;
        this.emoji = emoji;
        this.folder = folder;
        this.metrics = MetricsFile.open(folder.resolve("metrics.csv"));
        this.plain = DrawingPreparation.plain(base.config());
    }

    /** Measures the model as it is. */
    void zeroShot() {
        measure(base, ZERO_SHOT, 0, before, outcomes);
    }

    /**
     * Trains by one method and measures the result, R-Adapter's along α as well.
     *
     * @return the result, which the caller closes
     */
    FineTuned tune(FineTuneSettings settings) throws IOException {
        String method = settings.method().label();
        FineTuner.Data data = new FineTuner.Data(
                emoji.dataset(Split.TRAIN),
                captions(settings.seed()),
                DrawingPreparation.augmented(base.config(), Augmentation.LIGHT, 0, settings.seed()),
                EmojiPrompts.templates());
        Path checkpoints = folder.resolve("checkpoint").resolve(method + "-" + settings.seed());
        Checkpoint checkpoint =
                new Checkpoint(checkpoints, Map.of("settings", settings.toString(), "backend", kernels.description()));
        FineTuned tuned;
        try (TrainingProgress progress = new TrainingProgress(
                method + ", seed " + settings.seed(),
                0,
                settings.schedule().steps(),
                settings.batch(),
                Output.standardError())) {
            MetricsListener lines = new MetricsListener(metrics, method, settings.seed(), 0, settings.batch());
            tuned = new FineTuner(kernels, base, tokenizer)
                    .run(settings, data, checkpoint, CHECKPOINT_EVERY, progress.and(lines));
        }
        measureAlong(tuned, settings);
        return tuned;
    }

    private TemplateCaptions captions(long seed) {
        return new TemplateCaptions(emoji.dataset(Split.TRAIN), new CounterRandom(seed));
    }

    /** The class name of an image in a template drawn anew for each step. */
    private record TemplateCaptions(ImageTextDataset train, CounterRandom random) implements CaptionSource {
        @Override
        public String caption(int index, long step, int sample) {
            List<String> templates = EmojiPrompts.templates();
            String template = templates.get(random.integer(step, TEMPLATE, sample, templates.size()));
            return EmojiPrompts.fill(template, train.className(train.label(index)));
        }
    }

    private void measureAlong(FineTuned tuned, FineTuneSettings settings) throws IOException {
        String method = settings.method().label();
        try (ClipParameters merged = tuned.merged(settings.alpha())) {
            Map<Split, int[]> predicted = settings.method() == Method.R_ADAPTER ? after : new LinkedHashMap<>();
            measure(merged, method, settings.seed(), predicted, outcomes);
        }
        for (double alpha : settings.method() == Method.R_ADAPTER ? CURVE : new double[0]) {
            try (ClipParameters merged = tuned.merged(alpha)) {
                List<Outcomes> at = curve.computeIfAbsent(alpha, a -> new ArrayList<>());
                measure(merged, method, settings.seed(), new LinkedHashMap<>(), at);
            }
        }
    }

    private void measure(
            ClipParameters weights, String method, long seed, Map<Split, int[]> predicted, List<Outcomes> into) {
        try (ClipModel model = new ClipModel(kernels, weights, DType.F32, null)) {
            List<String> names = emoji.dataset(Split.ID_TEST).classNames();
            ZeroShotHead head = ZeroShotHead.of(model, tokenizer, names, EmojiPrompts.templates());
            into.add(pooled(model, head, method, seed, ID, List.of(Split.ID_TEST), predicted));
            into.add(pooled(model, head, method, seed, NEAR, List.of(Split.THREE_D, Split.FXEMOJI), predicted));
            into.add(pooled(model, head, method, seed, FAR, List.of(Split.MONO, Split.STREAMLINE), predicted));
        }
    }

    private Outcomes pooled(
            ClipModel model,
            ZeroShotHead head,
            String method,
            long seed,
            String name,
            List<Split> splits,
            Map<Split, int[]> predicted) {
        List<Outcomes> parts = new ArrayList<>();
        for (Split split : splits) {
            ImageTextDataset dataset = emoji.dataset(split);
            Predictions predictions = Predictions.of(model, head, dataset, plain);
            predicted.put(split, predictions.predicted());
            List<String> sources = new ArrayList<>();
            for (int i = 0; i < dataset.size(); i++) {
                sources.add(dataset.source(i));
            }
            parts.add(new Outcomes(method, split.id(), seed, sources, predictions.correct()));
        }
        return Outcomes.pooled(name, parts);
    }

    /** All figures so far. */
    PairedComparison comparison() {
        return PairedComparison.of(outcomes);
    }

    /** R-Adapter's accuracies along α. */
    List<CurvePoint> curve() {
        List<CurvePoint> points = new ArrayList<>();
        curve.forEach((alpha, at) -> {
            for (MeanAccuracy mean : PairedComparison.of(at, 1000, 0).accuracies()) {
                points.add(CurvePoint.of(mean, alpha));
            }
        });
        return points;
    }

    /** The first images of each split whose prediction changed, with both predictions of the last seed. */
    List<Example> examples() {
        List<Example> examples = new ArrayList<>();
        for (Map.Entry<Split, int[]> entry : after.entrySet()) {
            int[] old = before.get(entry.getKey());
            ImageTextDataset dataset = emoji.dataset(entry.getKey());
            int taken = 0;
            for (int i = 0; old != null && i < dataset.size() && taken < EXAMPLES; i++) {
                if (old[i] != entry.getValue()[i]) {
                    examples.add(example(dataset, i, old[i], entry.getValue()[i], entry.getKey()));
                    taken++;
                }
            }
        }
        return examples;
    }

    private static Example example(ImageTextDataset dataset, int i, int before, int after, Split split) {
        String name = split.farOod() ? FAR : split.nearOod() ? NEAR : ID;
        return Example.of(
                dataset.image(i),
                dataset.className(dataset.label(i)),
                dataset.className(before),
                dataset.className(after),
                name);
    }

    @Override
    public void close() throws IOException {
        metrics.close();
    }
}
