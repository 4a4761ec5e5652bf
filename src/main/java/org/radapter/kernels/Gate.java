package org.radapter.kernels;

import org.radapter.tensor.Tensor;

/**
 * Adapter dropping: row {@code r} of a batch has the factor {@code values[(r / divisor) mod values.size()]}, which is
 * γ/(1−p).
 *
 * @param values [n] of the master type
 * @param divisor rows that share one value before the next is taken; at least 1
 */
public record Gate(Tensor values, long divisor) {
    /** One factor for all rows. */
    public static Gate module(Tensor value) {
        return new Gate(value, 1);
    }

    /** One factor for each sequence of {@code length} rows; {@code values} [batch]. */
    public static Gate sample(Tensor values, long length) {
        return new Gate(values, length);
    }

    /** One factor for each position, shared by the sequences of the batch; {@code values} [length]. */
    public static Gate tokenPosition(Tensor values) {
        return new Gate(values, 1);
    }
}
