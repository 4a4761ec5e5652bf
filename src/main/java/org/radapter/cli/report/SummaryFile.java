package org.radapter.cli.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.data.Credit;
import org.radapter.train.statistics.AccuracyRow;
import org.radapter.train.statistics.Difference;
import org.radapter.train.statistics.MeanAccuracy;
import org.radapter.weights.AtomicFiles;
import org.radapter.weights.Json;
import org.radapter.weights.WeightsFormatException;

/**
 * A run's results as {@code summary.json}: one object whose {@code rows} hold {@code method, split, seed, accuracy, n}
 * and whose {@code differences} hold difference and standard error of each pair of methods on each split. Accuracies
 * are shares in [0, 1]; a figure nobody knows is null. Loss curves are not in it: they are in {@code metrics.csv}.
 */
public final class SummaryFile {
    /** Raised when a reader of the version before would misread a file. */
    static final long VERSION = 1;

    private SummaryFile() {}

    /**
     * Writes the file, replacing an older one in one go.
     *
     * @throws IOException if it cannot be written
     */
    public static void write(Path file, RunResults results) throws IOException {
        AtomicFiles.writeString(file, format(results));
    }

    /** The text of the file. */
    public static String format(RunResults results) {
        RunDescription run = results.run();
        Map<String, @Nullable Object> root = new LinkedHashMap<>();
        root.put("version", VERSION);
        root.put("title", run.title());
        root.put("created", run.created());
        root.put("verdict", Verdict.of(results).headline());
        root.put("model", run.model());
        root.put(
                "focus",
                object(
                        "method", results.focus().method(),
                        "baseline", results.focus().baseline(),
                        "alpha", number(results.focus().alpha())));
        root.put("rows", results.rows().stream().map(SummaryFile::row).toList());
        root.put(
                "differences",
                results.differences().stream().map(SummaryFile::difference).toList());
        root.put(
                "accuracies",
                results.accuracies().stream().map(SummaryFile::accuracy).toList());
        root.put("curve", results.curve().stream().map(SummaryFile::curvePoint).toList());
        root.put("methods", results.methods().stream().map(SummaryFile::method).toList());
        root.put("splits", results.splits().stream().map(SummaryFile::split).toList());
        root.put("settings", run.settings());
        root.put("machine", run.machine());
        root.put("timing", run.timing());
        root.put("credits", results.credits().stream().map(SummaryFile::credit).toList());
        root.put(
                "examples",
                results.examples().stream().map(SummaryFile::example).toList());
        return Json.format(root) + "\n";
    }

    /**
     * Reads a file written by {@link #write}; the results have no loss curves.
     *
     * @throws WeightsFormatException if it is no such file; the message names the field
     * @throws IOException if it cannot be read
     */
    public static RunResults read(Path file) throws IOException {
        Fields root = new Fields(Json.readObject(file), file.toString());
        if (root.whole("version") != VERSION) {
            throw new WeightsFormatException(
                    file + " is of version " + root.whole("version") + ", this program reads version " + VERSION);
        }
        Fields focus = root.object("focus");
        return new RunResults(
                new RunDescription(
                        root.text("title"),
                        root.text("created"),
                        root.text("model"),
                        root.object("settings").texts(),
                        root.object("machine").texts(),
                        root.object("timing").texts()),
                new RunResults.Focus(focus.text("method"), focus.text("baseline"), focus.real("alpha")),
                root.list("methods", f -> new MethodInfo(f.text("name"), f.text("label"), f.text("description"))),
                root.list("splits", SummaryFile::readSplit),
                root.list(
                        "rows",
                        f -> new AccuracyRow(
                                f.text("method"), f.text("split"), f.whole("seed"), f.real("accuracy"), (int)
                                        f.whole("n"))),
                root.list(
                        "accuracies",
                        f -> new MeanAccuracy(
                                f.text("method"),
                                f.text("split"),
                                f.real("accuracy"),
                                f.real("standard_error"),
                                (int) f.whole("seeds"),
                                (int) f.whole("n"))),
                root.list("differences", SummaryFile::readDifference),
                root.list(
                        "curve",
                        f -> new CurvePoint(
                                f.text("method"),
                                f.real("alpha"),
                                f.text("split"),
                                f.real("accuracy"),
                                f.real("standard_error"))),
                List.of(),
                root.list("examples", SummaryFile::readExample),
                root.list(
                        "credits",
                        f -> new Credit(
                                f.text("name"),
                                f.text("author"),
                                f.text("license"),
                                f.text("origin"),
                                f.text("homepage"))));
    }

    private static Map<String, @Nullable Object> row(AccuracyRow row) {
        return object(
                "method", row.method(),
                "split", row.split(),
                "seed", row.seed(),
                "accuracy", number(row.accuracy()),
                "n", row.n());
    }

    private static Map<String, @Nullable Object> accuracy(MeanAccuracy mean) {
        return object(
                "method", mean.method(),
                "split", mean.split(),
                "accuracy", number(mean.accuracy()),
                "standard_error", number(mean.standardError()),
                "seeds", mean.seeds(),
                "n", mean.n());
    }

    private static Map<String, @Nullable Object> difference(Difference difference) {
        return object(
                "split", difference.split(),
                "method", difference.method(),
                "baseline", difference.baseline(),
                "difference", number(difference.difference()),
                "standard_error", number(difference.standardError()),
                "lower_95", number(difference.lower()),
                "upper_95", number(difference.upper()),
                "n", difference.n());
    }

    private static Difference readDifference(Fields f) throws WeightsFormatException {
        return new Difference(
                f.text("split"),
                f.text("method"),
                f.text("baseline"),
                f.real("difference"),
                f.real("standard_error"),
                f.real("lower_95"),
                f.real("upper_95"),
                (int) f.whole("n"));
    }

    private static Map<String, @Nullable Object> curvePoint(CurvePoint point) {
        return object(
                "method", point.method(),
                "alpha", number(point.alpha()),
                "split", point.split(),
                "accuracy", number(point.accuracy()),
                "standard_error", number(point.standardError()));
    }

    private static Map<String, @Nullable Object> method(MethodInfo method) {
        return object("name", method.name(), "label", method.label(), "description", method.description());
    }

    private static Map<String, @Nullable Object> split(SplitInfo split) {
        return object(
                "name", split.name(),
                "label", split.label(),
                "role", split.role().name().toLowerCase(Locale.ROOT),
                "description", split.description());
    }

    private static SplitInfo readSplit(Fields f) throws WeightsFormatException {
        String role = f.text("role");
        for (SplitInfo.Role each : SplitInfo.Role.values()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(role)) {
                return new SplitInfo(f.text("name"), f.text("label"), each, f.text("description"));
            }
        }
        throw new WeightsFormatException("unknown role \"" + role + "\" of split \"" + f.text("name") + "\"");
    }

    private static Map<String, @Nullable Object> credit(Credit credit) {
        return object(
                "name", credit.name(),
                "author", credit.author(),
                "license", credit.license(),
                "origin", credit.origin(),
                "homepage", credit.homepage());
    }

    private static Map<String, @Nullable Object> example(Example example) {
        return object(
                "truth", example.truth(),
                "before", example.before(),
                "after", example.after(),
                "split", example.split(),
                "png", Base64.getEncoder().encodeToString(example.png()));
    }

    private static Example readExample(Fields f) throws WeightsFormatException {
        byte[] png;
        try {
            png = Base64.getDecoder().decode(f.text("png"));
        } catch (IllegalArgumentException e) {
            throw new WeightsFormatException("the image of an example is not base64: " + e.getMessage(), e);
        }
        return new Example(png, f.text("truth"), f.text("before"), f.text("after"), f.text("split"));
    }

    private static Map<String, @Nullable Object> object(@Nullable Object... keysAndValues) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            object.put(String.valueOf(keysAndValues[i]), keysAndValues[i + 1]);
        }
        return object;
    }

    private static @Nullable Double number(double value) {
        return Double.isFinite(value) ? value : null;
    }

    /** The fields of one object, of the types expected. */
    private record Fields(Map<String, @Nullable Object> values, String where) {
        @FunctionalInterface
        interface Reader<T> {
            T read(Fields fields) throws WeightsFormatException;
        }

        String text(String name) throws WeightsFormatException {
            if (values.get(name) instanceof String text) {
                return text;
            }
            throw missing(name, "a string");
        }

        long whole(String name) throws WeightsFormatException {
            if (values.get(name) instanceof Long number) {
                return number;
            }
            throw missing(name, "a whole number");
        }

        double real(String name) throws WeightsFormatException {
            Object value = values.get(name);
            if (value instanceof Number number) {
                return number.doubleValue();
            }
            if (value == null && values.containsKey(name)) {
                return Double.NaN;
            }
            throw missing(name, "a number or null");
        }

        Fields object(String name) throws WeightsFormatException {
            if (values.get(name) instanceof Map<?, ?> map) {
                return of(map, where + ", " + name);
            }
            throw missing(name, "an object");
        }

        Map<String, String> texts() throws WeightsFormatException {
            Map<String, String> texts = new LinkedHashMap<>();
            for (String name : values.keySet()) {
                texts.put(name, text(name));
            }
            return texts;
        }

        <T> List<T> list(String name, Reader<T> reader) throws WeightsFormatException {
            if (!(values.get(name) instanceof List<?> list)) {
                throw missing(name, "a list");
            }
            List<T> items = new ArrayList<>();
            for (Object item : list) {
                if (!(item instanceof Map<?, ?> map)) {
                    throw missing(name, "a list of objects");
                }
                items.add(reader.read(of(map, where + ", " + name + "[" + items.size() + "]")));
            }
            return items;
        }

        private static Fields of(Map<?, ?> map, String where) {
            Map<String, @Nullable Object> values = new LinkedHashMap<>();
            map.forEach((key, value) -> values.put(String.valueOf(key), value));
            return new Fields(values, where);
        }

        private WeightsFormatException missing(String name, String expected) {
            return new WeightsFormatException(
                    where + ": \"" + name + "\" is not " + expected + "; is this a run's summary.json?");
        }
    }
}
