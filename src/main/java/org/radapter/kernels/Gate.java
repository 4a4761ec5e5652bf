package org.radapter.kernels;

import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Tensor;

/**
 * Adapter dropping: row {@code r} of a batch has the factor {@code values[(r / divisor) mod values.size()]}, which is
 * γ/(1−p).
 *
 * @param values [n] of the master type
 * @param divisor rows that share one value before the next is taken; at least 1
 * @param known what {@code values} holds, where the host knows it without asking the device; nullable
 * @param rewritten whether {@code values} will hold other factors when the work is repeated, so that the host must
 *     decide nothing by them
 */
public record Gate(Tensor values, long divisor, double @Nullable [] known, boolean rewritten) {
    /** Factors that the host does not know. */
    public Gate(Tensor values, long divisor) {
        this(values, divisor, null, false);
    }

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

    /** The same, whose factors the host knows to be these. */
    public Gate knownToBe(double... factors) {
        return new Gate(values, divisor, factors, false);
    }

    /** The same as part of work that is repeated with other factors in {@link #values}; see {@link Kernels#record}. */
    public Gate rewrittenLater() {
        return new Gate(values, divisor, null, true);
    }

    /** Whether every row has the factor 0, now and whenever the work is repeated. */
    public boolean isClosed() {
        if (rewritten) {
            return false;
        }
        for (double factor : known == null ? values.toDoubles() : known) {
            if (factor != 0) {
                return false;
            }
        }
        return true;
    }
}
