package org.radapter.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.Dropping;
import org.radapter.cli.report.Output;
import org.radapter.cli.report.TaskProgress;
import org.radapter.cli.report.TextTable;
import org.radapter.cli.study.CrossValidation;
import org.radapter.cli.study.EmojiTask;
import org.radapter.cli.study.FolderTask;
import org.radapter.cli.study.StudyTask;
import org.radapter.data.DataOptions;
import org.radapter.data.emoji.EmojiShift;
import org.radapter.optim.Schedule;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.LoadedModel;
import org.radapter.train.Loss;
import org.radapter.train.Method;
import org.radapter.train.statistics.Difference;
import org.radapter.train.statistics.Outcomes;
import org.radapter.train.statistics.PairedComparison;
import org.radapter.weights.AtomicFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tries settings of fine-tuning by cross-validation. */
@Command(
        name = "tune",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Tries every combination of the given settings: images are cut into folds, each is held out in turn, and",
            "the model fine-tuned on the others is measured on it. Prints the settings, best first, with the change",
            "against the model before, and writes them to tune.csv in the --run folder as they come.",
            "No test image is looked at. Without --folder: the drawings of the demo, training and validation."
        },
        footer = {
            "",
            "Example:",
            "  radapter tune --model clip --folder photos --run runs/tune --learning-rates 2e-4,5e-4 --alphas .3,.5,.7"
        })
final class TuneCommand implements Callable<Integer> {
    private static final String HEADER =
            "steps,learning_rate,drop,margin,alpha,accuracy,change,standard_error,images,seeds,folds";

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Option(names = "--folder", paramLabel = "DIR", description = "Images: one folder a class, or see --captions.")
    private @Nullable Path folder;

    @Option(names = "--captions", paramLabel = "CSV", description = "file,caption,label for the images in --folder.")
    private @Nullable Path captions;

    @Option(
            names = "--template",
            paramLabel = "TEXT",
            description = "A sentence with {} for the class name; may be repeated (a photo of a {}).")
    private List<String> templates = List.of("a photo of a {}");

    @Option(names = "--run", required = true, paramLabel = "DIR", description = "Folder tune.csv is written to.")
    private Path run = Path.of("");

    @Option(
            names = "--method",
            defaultValue = "r-adapter",
            paramLabel = "NAME",
            description = "r-adapter (default), plain-adapter, full or lora.")
    private String method = "r-adapter";

    @Option(
            names = "--loss",
            paramLabel = "NAME",
            description = "mpm-nce or cross-entropy (plain-adapter cross-entropy, else mpm-nce).")
    private @Nullable String loss;

    @Option(names = "--steps", split = ",", defaultValue = "150", description = "Steps to try (${DEFAULT-VALUE}).")
    private List<Integer> steps = List.of();

    @Option(
            names = "--learning-rates",
            split = ",",
            paramLabel = "LR",
            description = "Highest learning rates to try (the method's own).")
    private List<Double> learningRates = List.of();

    @Option(
            names = "--drops",
            split = ",",
            paramLabel = "P",
            description = "Probabilities of dropping an adapter to try (the method's own).")
    private List<Double> drops = List.of();

    @Option(
            names = "--margins",
            split = ",",
            paramLabel = "D",
            description = "Margins of MPM-NCE to try (the method's own).")
    private List<Double> margins = List.of();

    @Option(
            names = "--alphas",
            split = ",",
            paramLabel = "A",
            description = "Shares of the fine-tuning to measure at; they cost no training (the method's own).")
    private List<Double> alphas = List.of();

    @Option(names = "--folds", defaultValue = "5", paramLabel = "N", description = "Folds (${DEFAULT-VALUE}).")
    private int folds;

    @Option(
            names = "--seeds",
            split = ",",
            defaultValue = "1",
            paramLabel = "N",
            description = "Seeds, averaged; take others than those of the run that the settings are for"
                    + " (${DEFAULT-VALUE}).")
    private List<Long> seeds = List.of();

    /** Settings, and what became of them. */
    private record Tried(FineTuneSettings settings, double alpha, double accuracy, Difference change) {}

    @Override
    public Integer call() throws IOException {
        List<FineTuneSettings> grid = grid();
        List<StudyTask> tasks = tasks();
        Files.createDirectories(run);
        List<Tried> tried = new ArrayList<>();
        Outcomes before;
        try (LoadedModel model = modelOptions.open()) {
            CrossValidation validation =
                    new CrossValidation(model.kernels(), model.weights(), model.tokenizer(), tasks);
            before = validation.before();
            for (FineTuneSettings settings : grid) {
                tried.addAll(tryOut(validation, settings, before));
                AtomicFiles.writeString(run.resolve("tune.csv"), csv(tried));
            }
        }
        print(tried, before);
        return 0;
    }

    private List<StudyTask> tasks() {
        Path images = folder;
        if (images != null) {
            return new FolderTask(images, captions, null, 0, Map.of(), templates).folds(folds);
        }
        try (TaskProgress progress = new TaskProgress(Output.standardError())) {
            return EmojiTask.folds(EmojiShift.open(DataOptions.defaults(), progress), folds);
        }
    }

    private List<FineTuneSettings> grid() {
        List<FineTuneSettings> grid = new ArrayList<>();
        for (int count : steps) {
            FineTuneSettings usual = FineTuneSettings.of(Method.of(method), count, seeds.get(0));
            FineTuneSettings own =
                    loss == null ? usual : usual.toBuilder().loss(Loss.of(loss)).build();
            Schedule schedule = own.schedule();
            for (double peak : or(learningRates, schedule.peak())) {
                for (double drop : or(drops, own.dropping().probability())) {
                    for (double margin : or(margins, own.margin())) {
                        grid.add(own.toBuilder()
                                .schedule(new Schedule(
                                        peak, Math.min(peak, schedule.end()), schedule.warmupSteps(), count))
                                .dropping(new Dropping(own.dropping().mode(), drop))
                                .margin(margin)
                                .build());
                    }
                }
            }
        }
        return grid;
    }

    private static List<Double> or(List<Double> chosen, double own) {
        return chosen.isEmpty() ? List.of(own) : chosen;
    }

    private List<Tried> tryOut(CrossValidation validation, FineTuneSettings settings, Outcomes before)
            throws IOException {
        Map<Double, List<Outcomes>> after = new LinkedHashMap<>();
        for (long seed : seeds) {
            validation
                    .after(settings.withSeed(seed), or(alphas, settings.alpha()))
                    .forEach((alpha, outcomes) ->
                            after.computeIfAbsent(alpha, a -> new ArrayList<>()).add(outcomes));
        }
        List<Tried> tried = new ArrayList<>();
        after.forEach((alpha, outcomes) -> {
            List<Outcomes> both = new ArrayList<>(List.of(before));
            both.addAll(outcomes);
            Difference change = PairedComparison.of(both).differences().get(0);
            tried.add(new Tried(settings, alpha, before.accuracy() + change.difference(), change));
        });
        return tried;
    }

    private String csv(List<Tried> tried) {
        StringBuilder lines = new StringBuilder(HEADER).append('\n');
        for (Tried each : tried) {
            FineTuneSettings settings = each.settings;
            lines.append(String.format(
                    Locale.ROOT,
                    "%d,%s,%s,%s,%s,%.5f,%.5f,%.5f,%d,%d,%d%n",
                    settings.schedule().steps(),
                    settings.schedule().peak(),
                    settings.dropping().probability(),
                    settings.margin(),
                    each.alpha,
                    each.accuracy,
                    each.change.difference(),
                    each.change.standardError(),
                    each.change.n(),
                    seeds.size(),
                    folds));
        }
        return lines.toString();
    }

    private void print(List<Tried> tried, Outcomes before) {
        TextTable table = new TextTable("steps", "learning rate", "drop", "margin", "α", "accuracy", "change");
        tried.stream()
                .sorted(Comparator.comparingDouble(each -> -each.accuracy))
                .forEach(each -> {
                    FineTuneSettings settings = each.settings;
                    table.row(
                            Long.toString(settings.schedule().steps()),
                            Double.toString(settings.schedule().peak()),
                            Double.toString(settings.dropping().probability()),
                            Double.toString(settings.margin()),
                            Double.toString(each.alpha),
                            String.format(Locale.ROOT, "%.1f", 100 * each.accuracy),
                            String.format(
                                    Locale.ROOT,
                                    "%+.1f ± %.1f",
                                    100 * each.change.difference(),
                                    100 * each.change.standardError()));
                });
        var out = Commands.out(spec);
        table.lines().forEach(out::println);
        out.println(String.format(
                Locale.ROOT,
                "The model before: %.1f. %d images, each held out once; all of it is in %s.",
                100 * before.accuracy(),
                before.correct().length,
                run.resolve("tune.csv")));
    }
}
