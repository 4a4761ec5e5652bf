package org.radapter.cli.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.radapter.cli.report.Figures;
import org.radapter.cli.reproduce.ResultRow.Chosen;
import org.radapter.task.method.Trial;
import org.radapter.train.statistics.Difference;
import org.radapter.train.statistics.Outcomes;
import org.radapter.train.statistics.PairedComparison;

/**
 * How the settings of a search did on the images held out, each at the α of its method's source, and which is best. Of
 * equals the first is.
 */
public final class SearchTable {
    /** Columns of {@link #csv}. */
    public static final String HEADER = "method,setting,alpha,accuracy,change,standard_error,images,best";

    private final List<Tried> tried;

    /**
     * A setting and what became of it.
     *
     * @param change accuracy minus that of the model before, on the same images
     */
    private record Tried(Trial trial, double alpha, double accuracy, Difference change) {}

    private SearchTable(List<Tried> tried) {
        this.tried = List.copyOf(tried);
    }

    /**
     * A table of what has been tried so far.
     *
     * @param rows of the search, the model before among them
     * @param before name of the model before
     * @throws IllegalArgumentException if the model before was not measured
     */
    public static SearchTable of(List<ResultRow> rows, List<Trial> trials, String before) {
        ResultRow start = measured(rows, before)
                .orElseThrow(() -> new IllegalArgumentException("the search has not measured " + before + " yet"));
        List<Tried> tried = new ArrayList<>();
        for (Trial trial : trials) {
            measured(rows, trial.name()).ifPresent(row -> tried.add(tried(trial, start, row)));
        }
        return new SearchTable(tried);
    }

    /** The row at the α that the method's source names. */
    private static Optional<ResultRow> measured(List<ResultRow> rows, String name) {
        return rows.stream()
                .filter(row -> row.cell().method().equals(name))
                .filter(row -> row.chosen() == Chosen.NONE || row.chosen() == Chosen.FIXED)
                .findFirst();
    }

    private static Tried tried(Trial trial, ResultRow before, ResultRow after) {
        Difference change = PairedComparison.of(List.of(outcomes(before), outcomes(after)))
                .differences()
                .get(0);
        return new Tried(trial, after.alpha(), after.score().value(), change);
    }

    private static Outcomes outcomes(ResultRow row) {
        boolean[] items = row.score().items();
        List<String> images =
                IntStream.range(0, items.length).mapToObj(Integer::toString).toList();
        return new Outcomes(row.cell().method(), row.score().split(), row.cell().seed(), images, items);
    }

    private Map<String, Tried> best() {
        Map<String, Tried> best = new LinkedHashMap<>();
        for (Tried each : tried) {
            best.merge(each.trial.method(), each, (first, next) -> next.accuracy > first.accuracy ? next : first);
        }
        return best;
    }

    /** The number of the best setting of each method. */
    public Map<String, Integer> bestNumbers() {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        best().forEach((method, each) -> numbers.put(method, each.trial.number()));
        return numbers;
    }

    /** One line a setting. */
    public String csv() {
        Map<String, Tried> best = best();
        StringBuilder lines = new StringBuilder(HEADER).append('\n');
        for (Tried each : tried) {
            lines.append(String.format(
                    Locale.ROOT,
                    "%s,\"%s\",%s,%.5f,%.5f,%.5f,%d,%b%n",
                    each.trial.method(),
                    each.trial.setting(),
                    Figures.brief(each.alpha),
                    each.accuracy,
                    each.change.difference(),
                    each.change.standardError(),
                    each.change.n(),
                    each.equals(best.get(each.trial.method()))));
        }
        return lines.toString();
    }

    /** A table in Markdown, the best of each method in bold. */
    public String markdown() {
        Map<String, Tried> best = best();
        StringBuilder lines =
                new StringBuilder("| method | setting | α | accuracy | change |\n|---|---|---|---|---|\n");
        for (Tried each : tried) {
            String mark = each.equals(best.get(each.trial.method())) ? "**" : "";
            lines.append(String.format(
                    Locale.ROOT,
                    "| %s | %s%s%s | %s | %s%s%s | %s ± %s |%n",
                    each.trial.method(),
                    mark,
                    each.trial.setting(),
                    mark,
                    Figures.brief(each.alpha),
                    mark,
                    Figures.percent(each.accuracy),
                    mark,
                    Figures.points(each.change.difference()),
                    Figures.percent(each.change.standardError())));
        }
        return lines.toString();
    }
}
