package org.radapter.cli.report;

import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.weights.AtomicFiles;
import org.radapter.weights.WeightsFormatException;

/**
 * {@code metrics.csv}: a line for every step of every run of a run folder, on the disk as soon as the step is taken.
 *
 * <p>A line whose step is not beyond the last one of its run takes the place of the run's lines from that step on. So a
 * run that goes on from a checkpoint, or begins again, needs to say nothing: the file keeps what went before and ends up
 * with each step once, as that of an unbroken run would. A torn line that a kill may have left is taken out. Safe to use
 * from several threads.
 */
public final class MetricsFile implements Closeable {
    /** The first line. */
    public static final String HEADER = "method,seed,step,loss,gradient_norm,learning_rate,skipped,pairs_per_second";

    private static final int COLUMNS = HEADER.split(",").length;

    private final Path file;
    /** The last step of each run in the file. */
    private final Map<Run, Long> lastSteps = new HashMap<>();

    private @Nullable Writer writer;

    private record Run(String method, long seed) {}

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

        private Run run() {
            return new Run(method, seed);
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
     * Appends a line and flushes it; lines of its run at or beyond its step are taken out first.
     *
     * @throws IOException if it cannot be written, or the file was closed
     */
    public synchronized void append(Line line) throws IOException {
        requireOpen();
        if (line.step <= lastSteps.getOrDefault(line.run(), -1L)) {
            List<Line> kept = read(file).stream()
                    .filter(old -> !old.run().equals(line.run()) || old.step < line.step)
                    .toList();
            close();
            rewrite(kept);
        }
        Writer open = requireOpen();
        try {
            open.write(line.format());
            open.flush();
        } catch (IOException e) {
            throw new IOException(AtomicFiles.failure(file, e), e);
        }
        lastSteps.put(line.run(), line.step);
    }

    private Writer requireOpen() throws IOException {
        if (writer == null) {
            throw new IOException(file + " was closed");
        }
        return writer;
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
        lastSteps.clear();
        lines.forEach(line -> lastSteps.merge(line.run(), line.step, Math::max));
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
        Map<Run, List<LossCurve.Point>> runs = new LinkedHashMap<>();
        for (Line line : read(file)) {
            runs.computeIfAbsent(line.run(), run -> new ArrayList<>())
                    .add(new LossCurve.Point(line.step, line.loss, line.learningRate));
        }
        return runs.entrySet().stream()
                .map(run -> new LossCurve(run.getKey().method(), run.getKey().seed(), run.getValue()))
                .toList();
    }
}
