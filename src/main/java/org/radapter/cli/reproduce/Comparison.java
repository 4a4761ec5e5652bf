package org.radapter.cli.reproduce;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.reproduce.ResultRow.Chosen;
import org.radapter.task.EmojiTasks;
import org.radapter.task.Task;
import org.radapter.task.method.Recipes;
import org.radapter.train.statistics.Difference;
import org.radapter.train.statistics.MeanAccuracy;
import org.radapter.train.statistics.Outcomes;
import org.radapter.train.statistics.PairedComparison;

/**
 * All rows of a comparison as tables: means over seeds with intervals of 95 %, and each method against R-Adapter at the
 * paper's α on the same images.
 *
 * <p>Where a figure is a share of images, intervals come from resampling images, seeds averaged within an image, and
 * Student's interval over seeds is added to them in quadrature where there are two seeds or more; other figures have
 * Student's interval over seeds alone.
 */
public final class Comparison {
    private static final int RESAMPLES = 2000;
    private static final double NORMAL = 1.959964;
    private static final double[] STUDENT = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};

    private final List<ResultRow> rows;

    /** A comparison of these rows. */
    public Comparison(List<ResultRow> rows) {
        this.rows = List.copyOf(rows);
    }

    /** A method and how its α was chosen: one line of a table. */
    public record Line(String method, Chosen chosen) {
        /** The line that all others are compared with. */
        public static final Line REFERENCE = new Line(Recipes.R_ADAPTER, Chosen.FIXED);

        /** As it stands in tables. */
        public String label() {
            return switch (chosen) {
                case NONE, CURVE -> method;
                case FIXED -> method + ", α as published";
                case VALIDATION -> method + ", α by validation";
            };
        }
    }

    /** A set of images and what is measured on it. */
    public record Column(String split, String metric) {
        /** As it stands in tables. */
        public String label() {
            return split + " " + metric;
        }
    }

    /**
     * A difference to {@link Line#REFERENCE}.
     *
     * @param difference the line's figure minus the reference's
     * @param lower end of its interval of 95 %; NaN where it is not known
     * @param upper end of its interval of 95 %; NaN where it is not known
     */
    public record Change(double difference, double lower, double upper) {
        /** Whether the interval leaves zero out. */
        public boolean isReal() {
            return lower > 0 || upper < 0;
        }
    }

    /**
     * One figure.
     *
     * @param mean over seeds
     * @param halfWidth of its interval of 95 %; NaN where it is not known
     * @param seeds number of runs
     * @param alpha mean α of the models measured
     * @param change against the reference; null for the reference itself and where there is none
     */
    public record Entry(
            double mean,
            double halfWidth,
            int seeds,
            double alpha,
            @Nullable Change change) {}

    /** The figures of one task. */
    public record Table(String task, List<Column> columns, List<Line> lines, Map<Line, Map<Column, Entry>> entries) {
        /** A figure; null where the line has none. */
        public @Nullable Entry entry(Line line, Column column) {
            return entries.getOrDefault(line, Map.of()).get(column);
        }
    }

    /** What a method took on a task, means over seeds. */
    public record Cost(
            String task, String method, double steps, double trainedParameters, double seconds, double peakBytes) {}

    /** The mean of a split at one α. */
    public record Point(String method, double alpha, double value) {}

    /** A table for each task, in their order. */
    public List<Table> tables() {
        return tasks().stream().map(this::table).toList();
    }

    /** Tasks that there are rows of, in their order. */
    public List<String> tasks() {
        return EmojiTasks.NAMES.stream()
                .filter(task -> rows.stream().anyMatch(row -> row.cell().task().equals(task)))
                .toList();
    }

    /** Of each task and method the cell with the lowest seed, in the order of tables. */
    public List<ResultRow.Cell> firstCells() {
        Map<List<String>, ResultRow.Cell> first = new LinkedHashMap<>();
        rows.stream()
                .map(ResultRow::cell)
                .sorted(Comparator.comparing((ResultRow.Cell cell) -> EmojiTasks.NAMES.indexOf(cell.task()))
                        .thenComparing(cell -> Recipes.names().indexOf(cell.method()))
                        .thenComparing(ResultRow.Cell::seed))
                .forEach(cell -> first.putIfAbsent(List.of(cell.task(), cell.method()), cell));
        return List.copyOf(first.values());
    }

    private Table table(String task) {
        Map<Column, Map<Line, List<ResultRow>>> byColumn = new LinkedHashMap<>();
        Set<Line> lines = new LinkedHashSet<>();
        List<ResultRow> own = rows.stream()
                .filter(row -> row.cell().task().equals(task)
                        && row.chosen() != Chosen.CURVE
                        && !row.score().split().equals(Task.VALIDATION))
                .sorted(Comparator.comparing((ResultRow row) ->
                                Recipes.names().indexOf(row.cell().method()))
                        .thenComparing(ResultRow::chosen))
                .toList();
        for (ResultRow row : own) {
            Line line = new Line(row.cell().method(), row.chosen());
            lines.add(line);
            byColumn.computeIfAbsent(
                            new Column(row.score().split(), row.score().metric()), column -> new LinkedHashMap<>())
                    .computeIfAbsent(line, key -> new ArrayList<>())
                    .add(row);
        }
        Map<Line, Map<Column, Entry>> entries = new LinkedHashMap<>();
        byColumn.forEach((column, byLine) -> {
            boolean images = byLine.values().stream()
                    .flatMap(List::stream)
                    .allMatch(row -> row.score().items().length > 0);
            Map<Line, Entry> found = images ? byImages(byLine) : bySeeds(byLine);
            found.forEach((line, entry) ->
                    entries.computeIfAbsent(line, key -> new LinkedHashMap<>()).put(column, entry));
        });
        return new Table(task, List.copyOf(byColumn.keySet()), List.copyOf(lines), entries);
    }

    private static Map<Line, Entry> byImages(Map<Line, List<ResultRow>> byLine) {
        List<Outcomes> outcomes = new ArrayList<>();
        byLine.forEach((line, own) -> own.forEach(row -> outcomes.add(outcomes(line, row))));
        PairedComparison comparison = PairedComparison.of(outcomes, RESAMPLES, 0);
        Map<String, Change> changes = new LinkedHashMap<>();
        for (Difference each : comparison.differences()) {
            if (each.baseline().equals(Line.REFERENCE.label())) {
                changes.put(each.method(), change(each));
            } else if (each.method().equals(Line.REFERENCE.label())) {
                changes.put(each.baseline(), change(each.reversed()));
            }
        }
        Map<Long, Double> reference = values(byLine.getOrDefault(Line.REFERENCE, List.of()));
        Map<Line, Entry> entries = new LinkedHashMap<>();
        for (MeanAccuracy mean : comparison.accuracies()) {
            Line line = byLine.keySet().stream()
                    .filter(each -> each.label().equals(mean.method()))
                    .findFirst()
                    .orElseThrow();
            List<ResultRow> own = byLine.getOrDefault(line, List.of());
            Map<Long, Double> values = values(own);
            Change ofImages = changes.get(mean.method());
            entries.put(
                    line,
                    new Entry(
                            mean.accuracy(),
                            together(NORMAL * mean.standardError(), List.copyOf(values.values())),
                            mean.seeds(),
                            alpha(own),
                            ofImages == null ? null : overSeeds(ofImages, differences(values, reference))));
        }
        return entries;
    }

    /** An interval over images with the spread between seeds added, where it is known. */
    private static double together(double ofImages, List<Double> seeds) {
        return seeds.size() < 2 ? ofImages : Math.hypot(ofImages, halfWidth(seeds));
    }

    private static Change overSeeds(Change ofImages, List<Double> differences) {
        double middle = ofImages.difference();
        return new Change(
                middle,
                middle - together(middle - ofImages.lower(), differences),
                middle + together(ofImages.upper() - middle, differences));
    }

    /** What is known of both, seed by seed. */
    private static List<Double> differences(Map<Long, Double> values, Map<Long, Double> reference) {
        List<Double> differences = new ArrayList<>();
        values.forEach((seed, value) -> {
            Double other = reference.get(seed);
            if (other != null) {
                differences.add(value - other);
            }
        });
        return differences;
    }

    private static Outcomes outcomes(Line line, ResultRow row) {
        boolean[] items = row.score().items();
        List<String> names =
                IntStream.range(0, items.length).mapToObj(Integer::toString).toList();
        return new Outcomes(line.label(), row.score().split(), row.cell().seed(), names, items);
    }

    private static Change change(Difference difference) {
        return new Change(difference.difference(), difference.lower(), difference.upper());
    }

    private static Map<Line, Entry> bySeeds(Map<Line, List<ResultRow>> byLine) {
        Map<Long, Double> reference = values(byLine.getOrDefault(Line.REFERENCE, List.of()));
        Map<Line, Entry> entries = new LinkedHashMap<>();
        byLine.forEach((line, own) -> {
            Map<Long, Double> values = values(own);
            List<Double> differences = differences(values, reference);
            Change change = null;
            if (!line.equals(Line.REFERENCE) && !differences.isEmpty()) {
                double mean = mean(differences);
                double half = halfWidth(differences);
                change = new Change(mean, mean - half, mean + half);
            }
            List<Double> all = List.copyOf(values.values());
            entries.put(line, new Entry(mean(all), halfWidth(all), all.size(), alpha(own), change));
        });
        return entries;
    }

    private static Map<Long, Double> values(List<ResultRow> rows) {
        Map<Long, Double> values = new TreeMap<>();
        rows.forEach(row -> values.put(row.cell().seed(), row.score().value()));
        return values;
    }

    private static double alpha(List<ResultRow> rows) {
        return rows.stream().mapToDouble(ResultRow::alpha).average().orElse(Double.NaN);
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    /** Half of Student's interval of 95 %; NaN for fewer than two values. */
    static double halfWidth(List<Double> values) {
        int n = values.size();
        if (n < 2) {
            return Double.NaN;
        }
        double mean = mean(values);
        double squares =
                values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
        return student(n - 1) * Math.sqrt(squares / (n - 1) / n);
    }

    /** Student's quantile of 97.5 %: tabled up to ten degrees of freedom, beyond by Cornish and Fisher's series. */
    private static double student(int degrees) {
        if (degrees <= STUDENT.length) {
            return STUDENT[degrees - 1];
        }
        double z = NORMAL;
        double first = (Math.pow(z, 3) + z) / (4 * degrees);
        double second = (5 * Math.pow(z, 5) + 16 * Math.pow(z, 3) + 3 * z) / (96.0 * degrees * degrees);
        return z + first + second;
    }

    /** What each method took on each task. */
    public List<Cost> costs() {
        Map<List<String>, List<ResultRow.Cost>> byMethod = new LinkedHashMap<>();
        for (ResultRow row : rows) {
            byMethod.computeIfAbsent(List.of(row.cell().task(), row.cell().method()), key -> new ArrayList<>())
                    .add(row.cost());
        }
        List<Cost> costs = new ArrayList<>();
        byMethod.forEach((key, all) -> costs.add(new Cost(
                key.get(0),
                key.get(1),
                all.stream().mapToLong(ResultRow.Cost::steps).average().orElse(0),
                all.stream()
                        .mapToLong(ResultRow.Cost::trainedParameters)
                        .average()
                        .orElse(0),
                all.stream().mapToDouble(ResultRow.Cost::seconds).average().orElse(0),
                all.stream().mapToLong(ResultRow.Cost::peakBytes).average().orElse(0))));
        costs.sort(Comparator.comparing((Cost cost) -> EmojiTasks.NAMES.indexOf(cost.task()))
                .thenComparing(cost -> Recipes.names().indexOf(cost.method())));
        return costs;
    }

    /** Means over seeds along the line of a method, by α; empty if it has none. */
    public List<Point> curve(String task, String method, Column column) {
        Map<Double, List<Double>> byAlpha = new TreeMap<>();
        for (ResultRow row : rows) {
            boolean wanted = row.cell().task().equals(task)
                    && row.cell().method().equals(method)
                    && row.score().split().equals(column.split())
                    && row.score().metric().equals(column.metric())
                    && (row.chosen() == Chosen.CURVE || row.chosen() == Chosen.NONE);
            if (wanted) {
                byAlpha.computeIfAbsent(row.alpha(), alpha -> new ArrayList<>())
                        .add(row.score().value());
            }
        }
        List<Point> points = new ArrayList<>();
        byAlpha.forEach((alpha, values) -> points.add(new Point(method, alpha, mean(values))));
        return points;
    }
}
