package org.radapter.nn;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Gate;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * The one row of each sequence that a tower's result is made of: the class token of an image, the end-of-text token of a
 * text. A last block needs its other rows only as keys and values.
 *
 * @param positions of the row within each sequence, I32 [batch]
 * @param length rows of a sequence
 * @param rows of the whole pass, I32 [batch]: {@code i·length + positions[i]}
 */
public record Pooling(Tensor positions, long length, Tensor rows) {
    /**
     * The rows at the given positions of sequences that have {@code length} rows each.
     *
     * @param arena where they are kept
     */
    public static Pooling at(Arena arena, int[] positions, long length) {
        Pooling pooling = new Pooling(
                arena.allocate(DType.I32, positions.length), length, arena.allocate(DType.I32, positions.length));
        pooling.move(positions);
        return pooling;
    }

    /** Takes other rows, as many as before. */
    public void move(int[] to) {
        int[] numbers = new int[to.length];
        Arrays.setAll(numbers, i -> Math.toIntExact(i * length + to[i]));
        positions.copyFrom(to);
        rows.copyFrom(numbers);
    }

    /** The pooled rows [batch, d] of x [batch·length, d]. */
    Tensor gather(Pass pass, Tensor x) {
        Tensor pooled = pass.activations(rows.size(), x.columns());
        pass.kernels().gatherRows(x, rows, pooled);
        return pooled;
    }

    /** The rows of y [batch, d] at their places in [batch·length, d], zero elsewhere. */
    Tensor scatter(Pass pass, Tensor y) {
        Tensor whole = pass.activations(rows.size() * length, y.columns());
        pass.kernels().scatterRows(y, rows, whole);
        return whole;
    }

    /**
     * The factors that a gate of whole sequences has for the pooled rows.
     *
     * @param gate with one factor for all rows, one for each sequence, or one for each position; nullable
     */
    @Nullable
    Gate of(Pass pass, @Nullable Gate gate) {
        if (gate == null || gate.values().size() == 1) {
            return gate;
        }
        long factors = gate.values().size();
        if (gate.divisor() == length && factors == rows.size()) {
            return Gate.sample(gate.values(), 1);
        }
        if (gate.divisor() != 1 || factors != length) {
            throw new IllegalArgumentException("a gate of " + factors + " factors for " + gate.divisor()
                    + " rows each is neither one for all, one a sequence nor one a position of " + rows.size()
                    + " sequences of " + length + " rows");
        }
        Tensor pooled = pass.statistics(rows.size(), 1);
        pass.kernels().gatherRows(gate.values().reshape(factors, 1), positions, pooled);
        return Gate.sample(pooled.reshape(rows.size()), 1);
    }
}
