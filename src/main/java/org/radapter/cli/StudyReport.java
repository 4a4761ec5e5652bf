package org.radapter.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.radapter.cli.report.Durations;
import org.radapter.cli.report.MethodInfo;
import org.radapter.cli.report.ResultTables;
import org.radapter.cli.report.RunDescription;
import org.radapter.cli.report.RunResults;
import org.radapter.cli.report.Verdict;
import org.radapter.cli.study.RunFolder;
import org.radapter.cli.study.Study;
import org.radapter.kernels.Kernels;
import org.radapter.train.FineTuneSettings;

/** What a study's command tells at its end, on the console and in the report. Made when the command begins. */
final class StudyReport {
    private final PrintWriter out;
    private final long start = System.nanoTime();

    StudyReport(PrintWriter out) {
        this.out = out;
    }

    /** The model before fine-tuning, as a method. */
    static MethodInfo before() {
        return new MethodInfo(Study.ZERO_SHOT, "zero-shot", "before fine-tuning");
    }

    /** What was run and how long it took until now. */
    RunDescription description(
            String title, Path model, Kernels kernels, List<FineTuneSettings> methods, List<Long> seeds) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (FineTuneSettings method : methods) {
            settings.put(method.method().title(), words(method));
        }
        settings.put("seeds", seeds.stream().map(String::valueOf).collect(Collectors.joining(", ")));
        Map<String, String> machine = new LinkedHashMap<>();
        machine.put("processor", BuildInfo.processor());
        machine.put("backend", kernels.description());
        machine.put("Java", System.getProperty("java.version"));
        machine.put("program", BuildInfo.line());
        return new RunDescription(
                title,
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                "The CLIP in " + model.getFileName(),
                settings,
                machine,
                Map.of("whole run", Durations.words((System.nanoTime() - start) * 1e-9)));
    }

    private static String words(FineTuneSettings settings) {
        return settings.described().entrySet().stream()
                .filter(setting ->
                        !setting.getKey().equals("method") && !setting.getKey().equals("seed"))
                .map(setting -> setting.getKey().replace('_', ' ') + " " + setting.getValue())
                .collect(Collectors.joining(", "));
    }

    /** The tables, the verdict and where the files are; tables only where something was measured. */
    void print(RunResults results, RunFolder folder) {
        if (!results.accuracies().isEmpty()) {
            out.println(ResultTables.accuracies(results));
            out.println(ResultTables.changes(results));
            out.println(Verdict.of(results).headline() + ".");
        }
        out.println("Model:  " + folder.merged());
        out.println("Report: " + folder.report());
        out.flush();
    }
}
