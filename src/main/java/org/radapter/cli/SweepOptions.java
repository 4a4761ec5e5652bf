package org.radapter.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.TextTable;
import org.radapter.train.BulkWork;
import org.radapter.train.ModelChoice;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A measurement of several α on several folders, as one job on a cluster. */
final class SweepOptions {
    @Mixin
    private SparkOptions sparkOptions = new SparkOptions();

    @Option(
            names = "--alphas",
            split = ",",
            paramLabel = "A",
            description = "With --spark and --adapter: several α, each measured on each folder.")
    private List<Double> alphas = List.of();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "With --spark: the folder of Parquet that holds what was said of each image.")
    private @Nullable String out;

    /** Whether a cluster is to do it. */
    boolean isUsed() {
        return sparkOptions.isUsed();
    }

    /** Whether an option was given that needs a cluster. */
    boolean hasOptions() {
        return out != null || !alphas.isEmpty();
    }

    /**
     * Measures.
     *
     * @param single what is measured where no α is listed
     * @throws IllegalArgumentException if there is no output, or there are several α and no adapters
     */
    TextTable run(ModelChoice single, List<String> folders, List<String> templates) throws IOException {
        if (out == null) {
            throw new IllegalArgumentException("--spark needs --out, a folder");
        }
        List<BulkWork.Setting> settings = alphas.isEmpty()
                ? List.of(new BulkWork.Setting(name(single), single, templates))
                : alphas.stream()
                        .map(alpha -> new ModelChoice(single.model(), single.adapter(), alpha, single.backend()))
                        .map(choice -> new BulkWork.Setting(name(choice), choice, templates))
                        .toList();
        List<BulkWork.Split> splits = folders.stream()
                .map(folder -> new BulkWork.Split(folder, folder))
                .toList();
        TextTable table = new TextTable("setting", "set", "images", "accuracy", "± s.e.", "not readable");
        try (BulkWork work = sparkOptions.connect()) {
            for (BulkWork.Score score : work.evaluate(settings, splits, out)) {
                double accuracy = score.accuracy();
                double error = Math.sqrt(accuracy * (1 - accuracy) / score.images());
                table.row(
                        score.setting(),
                        score.split(),
                        String.valueOf(score.images()),
                        String.format(Locale.ROOT, "%.2f%%", 100 * accuracy),
                        String.format(Locale.ROOT, "%.2f", 100 * error),
                        String.valueOf(score.unreadable()));
            }
        }
        return table;
    }

    private static String name(ModelChoice choice) {
        if (choice.adapter() == null) {
            return "as it is";
        }
        return choice.alpha() == null ? "adapters" : "α = " + choice.alpha();
    }
}
