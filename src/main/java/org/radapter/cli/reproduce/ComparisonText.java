package org.radapter.cli.reproduce;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.Figures;
import org.radapter.cli.reproduce.Comparison.Change;
import org.radapter.cli.reproduce.Comparison.Column;
import org.radapter.cli.reproduce.Comparison.Entry;
import org.radapter.cli.reproduce.Comparison.Line;
import org.radapter.cli.reproduce.Comparison.Table;

/** The tables of a comparison in Markdown. */
public final class ComparisonText {
    private static final double MEBIBYTE = 1 << 20;

    private ComparisonText() {}

    /** All tables, then what learning took. */
    public static String of(Comparison comparison) {
        StringBuilder text = new StringBuilder();
        comparison.tables().forEach(table -> text.append(table(table)));
        return text.append(costs(comparison)).toString();
    }

    private static String table(Table table) {
        StringBuilder text = new StringBuilder("## " + table.task() + "\n\n| |");
        table.columns()
                .forEach(column -> text.append(' ').append(column.label()).append(" |"));
        text.append(" α | seeds |\n|---|")
                .append("---|".repeat(table.columns().size() + 2))
                .append('\n');
        for (Line line : table.lines()) {
            text.append("| ").append(line.label()).append(" |");
            @Nullable Entry last = null;
            for (Column column : table.columns()) {
                Entry entry = table.entry(line, column);
                text.append(' ').append(figure(entry)).append(" |");
                last = entry == null ? last : entry;
            }
            text.append(
                    last == null
                            ? " | |\n"
                            : String.format(Locale.ROOT, " %s | %d |%n", Figures.brief(last.alpha()), last.seeds()));
        }
        return text.append('\n').toString();
    }

    /** Mean and half interval, and in brackets the change, with a star where its interval leaves zero out. */
    static String figure(@Nullable Entry entry) {
        if (entry == null) {
            return "–";
        }
        String half = Double.isNaN(entry.halfWidth()) ? "" : " ± " + Figures.percent(entry.halfWidth());
        Change change = entry.change();
        return Figures.percent(entry.mean())
                + half
                + (change == null
                        ? ""
                        : " (" + Figures.points(change.difference()) + (change.isReal() ? "\\*" : "") + ")");
    }

    private static String costs(Comparison comparison) {
        StringBuilder text = new StringBuilder(
                "## What learning takes\n\n| task | method | steps | trained numbers | seconds | MiB |\n|---|---|---|---|---|---|\n");
        List<Comparison.Cost> costs = comparison.costs();
        for (Comparison.Cost cost : costs) {
            text.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %.0f | %,.0f | %.1f | %.1f |%n",
                    cost.task(),
                    cost.method(),
                    cost.steps(),
                    cost.trainedParameters(),
                    cost.seconds(),
                    cost.peakBytes() / MEBIBYTE));
        }
        return text.toString();
    }
}
