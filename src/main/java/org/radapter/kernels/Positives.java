package org.radapter.kernels;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * Which pairs (row, column) of a contrastive batch belong together: by integer labels (equal label, positive pair), or
 * by explicit lists of pairs. Every row and every column has at least one positive.
 */
public final class Positives {
    private final @Nullable Tensor rowLabels;
    private final @Nullable Tensor columnLabels;
    private final @Nullable Lists lists;
    private final long rows;
    private final long columns;

    private Positives(
            @Nullable Tensor rowLabels, @Nullable Tensor columnLabels, @Nullable Lists lists, long rows, long columns) {
        this.rowLabels = rowLabels;
        this.columnLabels = columnLabels;
        this.lists = lists;
        this.rows = rows;
        this.columns = columns;
    }

    /**
     * The pairs as two compressed matrices, each list ascending.
     *
     * @param rowOffsets I64 [n+1] into {@code rowColumns}
     * @param rowColumns I32 [pairs], the columns of each row
     * @param columnOffsets I64 [m+1] into {@code columnRows}
     * @param columnRows I32 [pairs], the rows of each column
     */
    public record Lists(Tensor rowOffsets, Tensor rowColumns, Tensor columnOffsets, Tensor columnRows) {}

    /**
     * Equal labels, positive pair.
     *
     * @param arena where the labels are kept
     * @throws IllegalArgumentException if there is no row or column, or a row or column has no positive; it names it
     */
    public static Positives labels(Arena arena, int[] rowLabels, int[] columnLabels) {
        requireSome(rowLabels.length, columnLabels.length);
        requireMatch("row", rowLabels, columnLabels);
        requireMatch("column", columnLabels, rowLabels);
        return new Positives(
                arena.allocate(DType.I32, rowLabels.length).copyFrom(rowLabels),
                arena.allocate(DType.I32, columnLabels.length).copyFrom(columnLabels),
                null,
                rowLabels.length,
                columnLabels.length);
    }

    /**
     * Equal labels, positive pair, where row i and column i have one label.
     *
     * @param labels I32 [n], of the kernels' device
     * @throws IllegalArgumentException if there is none
     */
    public static Positives sameLabels(Tensor labels) {
        int n = Math.toIntExact(labels.size());
        requireSome(n, n);
        return new Positives(labels, labels, null, n, n);
    }

    /** Row i belongs to column i alone, as in InfoNCE. */
    public static Positives identity(Arena arena, int n) {
        int[] labels = new int[n];
        Arrays.setAll(labels, i -> i);
        return labels(arena, labels, labels);
    }

    /**
     * Explicit pairs.
     *
     * @param columnsOfRow for each row its columns, in any order, without repetition
     * @param columns number of columns m
     * @throws IllegalArgumentException if a column is out of range or named twice, there is no row or column, or a row
     *     or column has no positive; it names it
     */
    public static Positives lists(Arena arena, int[][] columnsOfRow, int columns) {
        int rows = columnsOfRow.length;
        requireSome(rows, columns);
        long[] rowOffsets = new long[rows + 1];
        long[] columnOffsets = new long[columns + 1];
        for (int i = 0; i < rows; i++) {
            rowOffsets[i + 1] = rowOffsets[i] + columnsOfRow[i].length;
            if (columnsOfRow[i].length == 0) {
                throw new IllegalArgumentException("row " + i + " has no positive; name at least one column of it");
            }
            for (int j : columnsOfRow[i]) {
                if (j < 0 || j >= columns) {
                    throw new IllegalArgumentException("row " + i + " names column " + j + " of " + columns);
                }
                columnOffsets[j + 1]++;
            }
        }
        for (int j = 0; j < columns; j++) {
            if (columnOffsets[j + 1] == 0) {
                throw new IllegalArgumentException("column " + j + " has no positive; name it in at least one row");
            }
            columnOffsets[j + 1] += columnOffsets[j];
        }
        int[] rowColumns = new int[Math.toIntExact(rowOffsets[rows])];
        int[] columnRows = new int[rowColumns.length];
        long[] next = columnOffsets.clone();
        for (int i = 0, at = 0; i < rows; i++) {
            int[] sorted = columnsOfRow[i].clone();
            Arrays.sort(sorted);
            for (int k = 0; k < sorted.length; k++) {
                if (k > 0 && sorted[k] == sorted[k - 1]) {
                    throw new IllegalArgumentException("row " + i + " names column " + sorted[k] + " twice");
                }
                rowColumns[at++] = sorted[k];
                columnRows[(int) next[sorted[k]]++] = i;
            }
        }
        Lists lists = new Lists(
                offsets(arena, rowOffsets),
                arena.allocate(DType.I32, rowColumns.length).copyFrom(rowColumns),
                offsets(arena, columnOffsets),
                arena.allocate(DType.I32, columnRows.length).copyFrom(columnRows));
        return new Positives(null, null, lists, rows, columns);
    }

    private static Tensor offsets(Arena arena, long[] values) {
        return arena.allocate(DType.I64, values.length)
                .copyFrom(Arrays.stream(values).asDoubleStream().toArray());
    }

    private static void requireSome(int rows, int columns) {
        if (rows == 0 || columns == 0) {
            throw new IllegalArgumentException(
                    "an empty batch: " + rows + " rows, " + columns + " columns; at least one of each is needed");
        }
    }

    private static void requireMatch(String what, int[] labels, int[] others) {
        Map<Integer, Boolean> present = new HashMap<>();
        for (int label : others) {
            present.put(label, true);
        }
        for (int i = 0; i < labels.length; i++) {
            if (!present.containsKey(labels[i])) {
                throw new IllegalArgumentException(what + " " + i + " (label " + labels[i]
                        + ") has no positive; every label must occur among the rows and among the columns");
            }
        }
    }

    /** The same pairs with rows and columns exchanged. */
    public Positives transposed() {
        Lists turned = lists == null
                ? null
                : new Lists(lists.columnOffsets(), lists.columnRows(), lists.rowOffsets(), lists.rowColumns());
        return new Positives(columnLabels, rowLabels, turned, columns, rows);
    }

    /** Number of rows n. */
    public long rows() {
        return rows;
    }

    /** Number of columns m. */
    public long columns() {
        return columns;
    }

    /** I32 [n], null with lists. */
    public @Nullable Tensor rowLabels() {
        return rowLabels;
    }

    /** I32 [m], null with lists. */
    public @Nullable Tensor columnLabels() {
        return columnLabels;
    }

    /** The explicit pairs, null with labels. */
    public @Nullable Lists lists() {
        return lists;
    }
}
