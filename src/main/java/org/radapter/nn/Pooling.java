package org.radapter.nn;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Gate;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * The one row of each sequence that a tower's result is made of: the class token of an image, the end-of-text token of a
 * text. A last block needs its other rows only as keys and values.
 *
 * @param positions of the row within each sequence, [batch]
 * @param length rows of a sequence
 * @param rows of the whole pass, I32 [batch]: {@code i·length + positions[i]}
 */
@SuppressWarnings("ArrayRecordComponent")
public record Pooling(int[] positions, long length, Tensor rows) {
    /** The rows at the given positions of the pass's sequences, which have {@code length} rows each. */
    public static Pooling at(Pass pass, int[] positions, long length) {
        int[] rows = new int[positions.length];
        Arrays.setAll(rows, i -> Math.toIntExact(i * length + positions[i]));
        return new Pooling(
                positions, length, pass.arena().allocate(DType.I32, rows.length).copyFrom(rows));
    }

    /** The pooled rows [batch, d] of x [batch·length, d]. */
    Tensor gather(Pass pass, Tensor x) {
        Tensor pooled = pass.activations(positions.length, x.columns());
        pass.kernels().gatherRows(x, rows, pooled);
        return pooled;
    }

    /** The rows of y [batch, d] at their places in [batch·length, d], zero elsewhere. */
    Tensor scatter(Pass pass, Tensor y) {
        Tensor whole = pass.activations(positions.length * length, y.columns());
        pass.kernels().scatterRows(y, rows, whole);
        return whole;
    }

    /** The factors that a gate of whole sequences has for the pooled rows. */
    @Nullable
    Gate of(Pass pass, @Nullable Gate gate) {
        if (gate == null || gate.values().size() == 1) {
            return gate;
        }
        double[] all = gate.factors();
        double[] pooled = new double[positions.length];
        for (int i = 0; i < pooled.length; i++) {
            long row = i * length + positions[i];
            pooled[i] = all[(int) (row / gate.divisor() % all.length)];
        }
        return Gate.sample(pass.statistics(pooled.length).copyFrom(pooled), 1).knownToBe(pooled);
    }
}
