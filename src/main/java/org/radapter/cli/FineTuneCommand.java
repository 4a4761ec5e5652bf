package org.radapter.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.MetricsFile;
import org.radapter.cli.report.MetricsListener;
import org.radapter.cli.report.Output;
import org.radapter.cli.report.TrainingProgress;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.image.Augmentation;
import org.radapter.data.FolderDataset;
import org.radapter.data.ImageTextDataset;
import org.radapter.tensor.CounterRandom;
import org.radapter.tensor.DType;
import org.radapter.train.AdapterFiles;
import org.radapter.train.CaptionSource;
import org.radapter.train.Checkpoint;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.FineTuner;
import org.radapter.train.Method;
import org.radapter.train.ModelCopies;
import org.radapter.weights.AtomicFiles;
import org.radapter.weights.ClipFileWriter;
import org.radapter.weights.Json;
import org.radapter.weights.Naming;
import org.radapter.weights.TensorSources;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Fine-tunes a CLIP on a user's own images. */
@Command(
        name = "finetune",
        mixinStandardHelpOptions = true,
        description = {
            "Fine-tunes a CLIP on a folder of images and writes a run folder: settings.json, metrics.csv, checkpoint/,",
            "adapter.safetensors and merged.safetensors (OpenCLIP's names, no adapters left).",
            "Started again with the same --run folder, it goes on from its last checkpoint."
        },
        footer = {
            "",
            "Examples:",
            "  radapter finetune --model clip --folder photos --run runs/photos",
            "      photos/ holds one folder a class, named as the class",
            "  radapter finetune --model clip --folder photos --captions photos.csv --run runs/photos",
            "      photos.csv has the columns file,caption"
        })
final class FineTuneCommand implements Callable<Integer> {
    private static final long CAPTION = CounterRandom.site("finetune.caption");
    private static final int CHECKPOINT_EVERY = 50;

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Option(names = "--folder", required = true, description = "Images: one folder a class, or see --captions.")
    private Path folder = Path.of("");

    @Option(names = "--captions", description = "CSV of file,caption[,label] for the images in --folder.")
    private @Nullable Path captions;

    @Option(names = "--run", required = true, description = "Folder the run is written to.")
    private Path run = Path.of("");

    @Option(names = "--method", defaultValue = "r-adapter", description = "r-adapter, plain-adapter or full.")
    private String method = "r-adapter";

    @Option(names = "--steps", defaultValue = "150", description = "Steps (${DEFAULT-VALUE}).")
    private int steps;

    @Option(names = "--seed", defaultValue = "1", description = "Of every random choice (${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--alpha", description = "Share of the fine-tuning in merged.safetensors; R-Adapter: 0.5, else 1.")
    private @Nullable Double alpha;

    @Option(names = "--template", description = "Prompt with {} for the class name; may be repeated (a photo of a {}).")
    private List<String> templates = List.of("a photo of a {}");

    @Override
    public Integer call() throws IOException {
        FineTuneSettings settings = settings();
        ImageTextDataset dataset =
                captions == null ? FolderDataset.open(folder) : FolderDataset.withCaptions(folder, captions);
        Files.createDirectories(run);
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("settings", settings.toString());
        described.put("data", dataset.name());
        described.put("templates", templates);
        AtomicFiles.writeString(run.resolve("settings.json"), Json.format(described));
        try (LoadedModel loaded = model.open();
                MetricsFile metrics = MetricsFile.open(run.resolve("metrics.csv"));
                FineTuned tuned = train(loaded, settings, dataset, metrics);
                ClipParameters merged = tuned.merged(alpha == null ? settings.alpha() : alpha)) {
            if (tuned.adapters() != null) {
                AdapterFiles.save(run.resolve("adapter.safetensors"), loaded.file(), tuned, settings);
            }
            ClipFileWriter.write(
                    run.resolve("merged.safetensors"),
                    Naming.OPEN_CLIP,
                    merged.config(),
                    TensorSources.of(ModelCopies.values(merged)),
                    DType.F32,
                    List.of());
        }
        return 0;
    }

    private FineTuneSettings settings() {
        return switch (Method.of(method)) {
            case R_ADAPTER -> FineTuneSettings.rAdapter(steps, seed);
            case PLAIN_ADAPTER -> FineTuneSettings.plainAdapter(steps, seed);
            case FULL -> FineTuneSettings.full(steps, seed);
        };
    }

    private FineTuned train(
            LoadedModel loaded, FineTuneSettings settings, ImageTextDataset dataset, MetricsFile metrics)
            throws IOException {
        FineTuner.Data data = new FineTuner.Data(
                dataset,
                captionsOf(dataset),
                DrawingPreparation.augmented(loaded.config(), Augmentation.LIGHT, 0, seed),
                templates);
        Map<String, String> identity = Map.of(
                "settings", settings.toString(), "backend", loaded.kernels().description());
        Checkpoint checkpoint = new Checkpoint(run.resolve("checkpoint"), identity);
        MetricsListener lines = new MetricsListener(metrics, method, seed, 0, settings.batch());
        try (TrainingProgress progress = new TrainingProgress(
                method, 0, settings.schedule().steps(), settings.batch(), Output.standardError())) {
            return new FineTuner(loaded.kernels(), loaded.weights(), loaded.tokenizer())
                    .run(settings, data, checkpoint, CHECKPOINT_EVERY, progress.and(lines));
        }
    }

    /** Classes go into a template, captions are taken as they are; which one is drawn anew for each step. */
    private CaptionSource captionsOf(ImageTextDataset dataset) {
        CounterRandom random = new CounterRandom(seed);
        return (index, step, sample) -> {
            boolean classes = captions == null;
            List<String> choices = classes ? templates : dataset.captions(index);
            String choice = choices.get(random.integer(step, CAPTION, sample, choices.size()));
            return classes ? choice.replace("{}", dataset.className(dataset.label(index))) : choice;
        };
    }
}
