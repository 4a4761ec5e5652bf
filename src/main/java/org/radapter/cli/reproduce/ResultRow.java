package org.radapter.cli.reproduce;

import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.radapter.task.Score;

/**
 * One figure of one cell.
 *
 * @param cell task, method and seed
 * @param score split, metric and value, and which images were right
 * @param alpha share of the fine-tuning in the model measured; 1 for methods without a line
 * @param chosen how this α came to be measured
 * @param cost what learning took
 */
public record ResultRow(Cell cell, Score score, double alpha, Chosen chosen, Cost cost) {
    /** Columns of the file of results. */
    public static final String HEADER =
            "task,method,split,metric,seed,value,alpha,alpha_chosen_on,steps,trained_parameters,seconds,peak_bytes";

    /** A task, a method and a seed: the least that is computed at once. */
    public record Cell(String task, String method, long seed) {}

    /** What an α was chosen on. Nothing is ever chosen on a test image. */
    public enum Chosen {
        /** There is no α. */
        NONE,
        /** Named by the method's source before anything was measured. */
        FIXED,
        /** The best on validation images; the smaller of equals. */
        VALIDATION,
        /** Not chosen: one point of the whole line. */
        CURVE;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What learning took.
     *
     * @param steps of the optimiser, in all runs together
     * @param trainedParameters how many numbers were trained
     * @param seconds of wall time
     * @param peakBytes of a step, as far as accounted for
     */
    public record Cost(long steps, long trainedParameters, double seconds, long peakBytes) {}

    /** The row in the order of {@link #HEADER}. */
    String line() {
        return String.join(
                ",",
                cell.task(),
                cell.method(),
                score.split(),
                score.metric(),
                Long.toString(cell.seed()),
                String.format(Locale.ROOT, "%.6f", score.value()),
                String.format(Locale.ROOT, "%.3f", alpha),
                chosen.label(),
                Long.toString(cost.steps()),
                Long.toString(cost.trainedParameters()),
                String.format(Locale.ROOT, "%.2f", cost.seconds()),
                Long.toString(cost.peakBytes()));
    }

    /** {@link #line} and which images were right, as their number, a colon and a bit each in hexadecimal. */
    String lineWithItems() {
        boolean[] items = score.items();
        BitSet bits = new BitSet(items.length);
        for (int i = 0; i < items.length; i++) {
            bits.set(i, items[i]);
        }
        return line() + "," + items.length + ":" + HexFormat.of().formatHex(bits.toByteArray());
    }

    /**
     * Reads what {@link #lineWithItems} wrote.
     *
     * @throws IllegalArgumentException if it is something else
     */
    static ResultRow parse(String line) {
        List<String> fields = List.of(line.split(",", -1));
        int columns = HEADER.split(",", -1).length;
        if (fields.size() != columns + 1) {
            throw new IllegalArgumentException(
                    "a row has " + (columns + 1) + " fields, not " + fields.size() + ": " + line);
        }
        return new ResultRow(
                new Cell(fields.get(0), fields.get(1), Long.parseLong(fields.get(4))),
                new Score(fields.get(2), fields.get(3), Double.parseDouble(fields.get(5)), items(fields.get(columns))),
                Double.parseDouble(fields.get(6)),
                Chosen.valueOf(fields.get(7).toUpperCase(Locale.ROOT)),
                new Cost(
                        Long.parseLong(fields.get(8)),
                        Long.parseLong(fields.get(9)),
                        Double.parseDouble(fields.get(10)),
                        Long.parseLong(fields.get(11))));
    }

    private static boolean[] items(String field) {
        int colon = field.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("a row ends with the outcomes of its images, not with " + field);
        }
        boolean[] items = new boolean[Integer.parseInt(field, 0, colon, 10)];
        BitSet bits = BitSet.valueOf(HexFormat.of().parseHex(field.substring(colon + 1)));
        for (int i = 0; i < items.length; i++) {
            items[i] = bits.get(i);
        }
        return items;
    }
}
