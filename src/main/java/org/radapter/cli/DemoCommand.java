package org.radapter.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.MethodInfo;
import org.radapter.cli.report.Output;
import org.radapter.cli.report.RunResults;
import org.radapter.cli.report.TaskProgress;
import org.radapter.cli.study.EmojiTask;
import org.radapter.cli.study.RunFolder;
import org.radapter.cli.study.Study;
import org.radapter.cli.study.StudyTask;
import org.radapter.data.DataOptions;
import org.radapter.data.emoji.EmojiShift;
import org.radapter.tensor.DType;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.LoadedModel;
import org.radapter.train.Method;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Fine-tunes a small CLIP on drawings, with R-Adapter and with a plain adapter, and reports both. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Fine-tunes a small CLIP on emoji drawings with R-Adapter, three seeds, and compares it with the model",
            "before and with a plain adapter: in distribution, and on styles it was not trained on.",
            "Writes a run folder with the report, the figures, the adapters and the merged model.",
            "Started again with the same --run folder, it goes on from its last checkpoint."
        })
final class DemoCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ModelOptions modelOptions = new ModelOptions();

    @Option(names = "--run", defaultValue = "runs/demo", description = "Folder of the run (${DEFAULT-VALUE}).")
    private Path run = Path.of("");

    @Option(names = "--seeds", defaultValue = "11,12,13", split = ",", description = "Seeds (${DEFAULT-VALUE}).")
    private List<Long> seeds = List.of();

    @Option(names = "--steps", defaultValue = "150", description = "Steps of each run (${DEFAULT-VALUE}).")
    private int steps;

    @Mixin
    private PrecisionOption precision = new PrecisionOption();

    private FineTuneSettings precise(FineTuneSettings settings) {
        return settings.toBuilder().activations(precision.activations()).build();
    }

    @Override
    public Integer call() throws IOException {
        FineTuneSettings rAdapter = precise(FineTuneSettings.rAdapter(steps, seeds.get(0)));
        FineTuneSettings plainAdapter = precise(FineTuneSettings.plainAdapter(steps, seeds.get(0)));
        StudyReport report = new StudyReport(Commands.out(spec));
        try (LoadedModel model = modelOptions.open()) {
            StudyTask task = task();
            RunFolder files = RunFolder.at(run);
            files.writeSettings(described(rAdapter, plainAdapter));
            try (Study study =
                    new Study(model.kernels(), model.weights(), model.tokenizer(), task, Method.R_ADAPTER, files)) {
                study.zeroShot();
                for (long seed : seeds) {
                    study.tune(plainAdapter.withSeed(seed)).close();
                    FineTuneSettings seeded = rAdapter.withSeed(seed);
                    try (FineTuned tuned = study.tune(seeded)) {
                        if (seed == rAdapter.seed()) {
                            files.writeModel(model.file(), tuned, seeded, rAdapter.alpha(), DType.F16);
                        }
                    }
                }
                RunResults results = study.results(
                        report.description(
                                task.title(),
                                modelOptions.path(),
                                model.kernels(),
                                List.of(rAdapter, plainAdapter),
                                seeds),
                        rAdapter.alpha(),
                        List.of(
                                StudyReport.before(),
                                new MethodInfo(
                                        Method.PLAIN_ADAPTER.label(),
                                        Method.PLAIN_ADAPTER.title(),
                                        "no dropping, no average"),
                                new MethodInfo(
                                        Method.R_ADAPTER.label(),
                                        Method.R_ADAPTER.title(),
                                        "α = " + rAdapter.alpha())));
                files.writeResults(results);
                report.print(results, files);
            }
        }
        return 0;
    }

    private static StudyTask task() {
        try (TaskProgress progress = new TaskProgress(Output.standardError())) {
            return EmojiTask.tested(EmojiShift.open(DataOptions.defaults(), progress));
        }
    }

    private Map<String, @Nullable Object> described(FineTuneSettings... methods) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("model", modelOptions.path().toString());
        all.put("data", "EmojiShift");
        all.put("seeds", seeds);
        for (FineTuneSettings method : methods) {
            Map<String, @Nullable Object> settings = new LinkedHashMap<>(method.described());
            settings.remove("seed");
            all.put(method.method().label(), settings);
        }
        return all;
    }
}
