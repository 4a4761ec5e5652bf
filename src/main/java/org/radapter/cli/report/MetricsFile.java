package org.radapter.cli.report;

import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.weights.AtomicFiles;
import org.radapter.weights.WeightsFormatException;

/**
 * {@code metrics.csv}: a line for every step of every run of a run folder, on the disk as soon as the step is taken.
 *
 * <p>A run that goes on from a checkpoint first takes out its lines from the resumed step on (and the torn line a kill
 * may have left), so that the file ends up as that of an unbroken run would. Safe to use from several threads.
 */
public final class MetricsFile implements Closeable {
    /** The first line. */
    public static final String HEADER = "method,seed,step,loss,gradient_norm,learning_rate,skipped,pairs_per_second";

    private static final int COLUMNS = HEADER.split(",").length;

    private final Path file;
    private @Nullable Writer writer;

    /**
     * One line.
     *
     * @param method name of the method
     * @param seed of the run
     * @param step from 0
     * @param loss of the batch, before the step
     * @param gradientNorm before clipping
     * @param learningRate used
     * @param skipped steps skipped so far because the norm was not finite
     * @param pairsPerSecond image–text pairs a second
     */
    public record Line(
            String method,
            long seed,
            long step,
            double loss,
            double gradientNorm,
            double learningRate,
            long skipped,
            double pairsPerSecond) {
        /**
         * Checks that the method's name can stand in the file.
         *
         * @throws IllegalArgumentException if it has a comma, a quote or a line break
         */
        public Line {
            if (method.isEmpty() || method.chars().anyMatch(c -> c == ',' || c == '"' || c < ' ')) {
                throw new IllegalArgumentException("the method's name \"" + method
                        + "\" cannot stand in a CSV file; use one without commas, quotes and line breaks");
            }
        }

        private String format() {
            return method + "," + seed + "," + step + "," + loss + "," + gradientNorm + "," + learningRate + ","
                    + skipped + "," + pairsPerSecond + "\n";
        }

        private static @Nullable Line parse(String text) {
            String[] fields = text.split(",", -1);
            if (fields.length != COLUMNS) {
                return null;
            }
            try {
                return new Line(
                        fields[0],
                        Long.parseLong(fields[1]),
                        Long.parseLong(fields[2]),
                        Double.parseDouble(fields[3]),
                        Double.parseDouble(fields[4]),
                        Double.parseDouble(fields[5]),
                        Long.parseLong(fields[6]),
                        Double.parseDouble(fields[7]));
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
    }

    private MetricsFile(Path file) {
        this.file = file;
    }

    /**
     * Opens the file to append to it; a file that is not there is begun with its header.
     *
     * @throws WeightsFormatException if there is a file of another kind
     * @throws IOException if it cannot be read or written
     */
    public static MetricsFile open(Path file) throws IOException {
        MetricsFile metrics = new MetricsFile(file);
        metrics.rewrite(Files.exists(file) ? read(file) : List.of());
        return metrics;
    }

    /**
     * Says that a run begins, or goes on, with {@code step}: its lines at or beyond it are taken out.
     *
     * @throws IOException if the file cannot be written
     */
    public synchronized void begin(String method, long seed, long step) throws IOException {
        List<Line> lines = read(file);
        List<Line> kept = lines.stream()
                .filter(line -> !line.method.equals(method) || line.seed != seed || line.step < step)
                .toList();
        if (kept.size() < lines.size()) {
            close();
            rewrite(kept);
        }
    }

    /**
     * Appends a line and flushes it.
     *
     * @throws IOException if it cannot be written, or the file was closed
     */
    public synchronized void append(Line line) throws IOException {
        if (writer == null) {
            throw new IOException(file + " was closed");
        }
        writer.write(line.format());
        writer.flush();
    }

    @Override
    public synchronized void close() throws IOException {
        if (writer != null) {
            writer.close();
            writer = null;
        }
    }

    private void rewrite(List<Line> lines) throws IOException {
        StringBuilder text = new StringBuilder(HEADER).append('\n');
        lines.forEach(line -> text.append(line.format()));
        AtomicFiles.writeString(file, text.toString());
        writer = Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
    }

    /**
     * All lines of a file; one at its end that a kill tore is left out.
     *
     * @throws WeightsFormatException if another line is none, or the header is another
     * @throws IOException if the file cannot be read
     */
    public static List<Line> read(Path file) throws IOException {
        String text = Files.readString(file, StandardCharsets.UTF_8);
        int end = text.lastIndexOf('\n');
        String[] rows = end < 0 ? new String[0] : text.substring(0, end).split("\n", -1);
        if (rows.length == 0 && HEADER.startsWith(text)) {
            return List.of();
        }
        if (rows.length == 0 || !rows[0].equals(HEADER)) {
            throw new WeightsFormatException(file + " does not begin with the line \"" + HEADER
                    + "\"; it is not a run's metrics: move it away or choose another folder");
        }
        List<Line> lines = new ArrayList<>();
        for (int i = 1; i < rows.length; i++) {
            Line line = Line.parse(rows[i]);
            if (line == null) {
                throw new WeightsFormatException(file + ", line " + (i + 1) + " is not one of metrics: " + rows[i]);
            }
            lines.add(line);
        }
        return lines;
    }

    /**
     * The loss curves of a file, runs in the order of their first line.
     *
     * @throws IOException as {@link #read}
     */
    public static List<LossCurve> curves(Path file) throws IOException {
        record Run(String method, long seed) {}
        Map<Run, List<LossCurve.Point>> runs = new LinkedHashMap<>();
        for (Line line : read(file)) {
            runs.computeIfAbsent(new Run(line.method, line.seed), run -> new ArrayList<>())
                    .add(new LossCurve.Point(line.step, line.loss, line.learningRate));
        }
        return runs.entrySet().stream()
                .map(run -> new LossCurve(run.getKey().method(), run.getKey().seed(), run.getValue()))
                .toList();
    }
}
