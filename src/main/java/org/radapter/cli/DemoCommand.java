package org.radapter.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.radapter.cli.report.Durations;
import org.radapter.cli.report.MethodInfo;
import org.radapter.cli.report.MetricsFile;
import org.radapter.cli.report.Output;
import org.radapter.cli.report.ResultTables;
import org.radapter.cli.report.RunDescription;
import org.radapter.cli.report.RunResults;
import org.radapter.cli.report.SplitInfo;
import org.radapter.cli.report.SummaryFile;
import org.radapter.cli.report.TaskProgress;
import org.radapter.cli.report.Verdict;
import org.radapter.cli.report.html.ReportPage;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.clip.tokenizer.Tokenizers;
import org.radapter.data.DataOptions;
import org.radapter.data.emoji.EmojiShift;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.ModelCopies;
import org.radapter.weights.ClipFile;
import org.radapter.weights.ClipFileWriter;
import org.radapter.weights.Naming;
import org.radapter.weights.TensorSources;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Fine-tunes a small CLIP on drawings, with R-Adapter and with a plain adapter, and reports both. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Fine-tunes a small CLIP on emoji drawings with R-Adapter, three seeds, and compares it with the model",
            "before and with a plain adapter: in distribution, and on styles it was not trained on.",
            "Writes a run folder with the report, the figures and the merged model."
        })
public final class DemoCommand implements Callable<Integer> {
    @Option(names = "--model", defaultValue = "models/emoji-clip", description = "The model (${DEFAULT-VALUE}).")
    private Path model = Path.of("");

    @Option(names = "--run", defaultValue = "runs/demo", description = "Folder of the run (${DEFAULT-VALUE}).")
    private Path run = Path.of("");

    @Option(names = "--seeds", defaultValue = "11,12,13", split = ",", description = "Seeds (${DEFAULT-VALUE}).")
    private List<Long> seeds = List.of();

    @Option(names = "--steps", defaultValue = "150", description = "Steps of each run (${DEFAULT-VALUE}).")
    private int steps;

    @Option(names = "--backend", defaultValue = Backends.AUTO, description = "cpu, reference or auto.")
    private String backend = Backends.AUTO;

    @Option(names = "--threads", defaultValue = "0", description = "Threads; 0: all (${DEFAULT-VALUE}).")
    private int threads;

    @Override
    public Integer call() throws IOException {
        long start = System.nanoTime();
        PrintStream console = System.out;
        if (!Files.exists(model)) {
            throw new IllegalArgumentException(
                    "there is no model at " + model + "; name one with --model, or make one with ./radapter pretrain");
        }
        Files.createDirectories(run);
        EmojiShift emoji = EmojiShift.open(DataOptions.defaults(), new TaskProgress(Output.standardError()));
        Tokenizer tokenizer = Tokenizers.load(model);
        try (Kernels kernels = Backends.open(backend, BackendOptions.DEFAULT.withThreads(threads));
                ClipFile file = ClipFile.open(model);
                ClipParameters base = ClipParameters.frozen(kernels, DType.F32, file.config(), file.tensors());
                EmojiStudy study = new EmojiStudy(kernels, base, tokenizer, emoji, run)) {
            study.zeroShot();
            for (long seed : seeds) {
                study.tune(FineTuneSettings.plainAdapter(steps, seed)).close();
                try (FineTuned tuned = study.tune(FineTuneSettings.rAdapter(steps, seed))) {
                    if (seed == seeds.get(0)) {
                        writeMerged(tuned, base);
                    }
                }
            }
            RunResults results = results(study, kernels, (System.nanoTime() - start) * 1e-9);
            SummaryFile.write(run.resolve("summary.json"), results);
            ReportPage.write(run.resolve("report.html"), results);
            console.println(ResultTables.accuracies(results));
            console.println(ResultTables.changes(results));
            console.println(Verdict.of(results).headline());
            console.println("Report: " + run.resolve("report.html"));
        }
        return 0;
    }

    private void writeMerged(FineTuned tuned, ClipParameters base) throws IOException {
        FineTuneSettings settings = FineTuneSettings.rAdapter(steps, 0);
        try (ClipParameters merged = tuned.merged(settings.alpha())) {
            ClipFileWriter.write(
                    run.resolve("merged.safetensors"),
                    Naming.OPEN_CLIP,
                    base.config(),
                    TensorSources.of(ModelCopies.values(merged)),
                    DType.F16,
                    List.of());
        }
    }

    private RunResults results(EmojiStudy study, Kernels kernels, double seconds) throws IOException {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("R-Adapter", FineTuneSettings.rAdapter(steps, 0).toString());
        settings.put("plain adapter", FineTuneSettings.plainAdapter(steps, 0).toString());
        settings.put("seeds", seeds.toString());
        return RunResults.of(
                        new RunDescription(
                                "EmojiShift",
                                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                                "The CLIP in " + model.getFileName(),
                                settings,
                                Map.of("backend", kernels.description()),
                                Map.of("whole run", Durations.words(seconds))),
                        new RunResults.Focus("r-adapter", EmojiStudy.ZERO_SHOT, .5),
                        List.of(
                                new MethodInfo(EmojiStudy.ZERO_SHOT, "zero-shot", "before fine-tuning"),
                                new MethodInfo("plain-adapter", "plain adapter", "no dropping, no average"),
                                new MethodInfo("r-adapter", "R-Adapter", "α = 0.5")),
                        List.of(
                                new SplitInfo(EmojiStudy.ID, "ID", SplitInfo.Role.ID, "styles trained on"),
                                new SplitInfo(EmojiStudy.NEAR, "near OOD", SplitInfo.Role.NEAR_OOD, "3D, fxemoji"),
                                new SplitInfo(EmojiStudy.FAR, "far OOD", SplitInfo.Role.FAR_OOD, "mono, streamline")),
                        study.comparison())
                .withCurve(study.curve())
                .withLosses(MetricsFile.curves(run.resolve("metrics.csv")))
                .withExamples(study.examples())
                .withCredits(EmojiShift.credits());
    }
}
