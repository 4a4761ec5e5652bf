package org.radapter.weights;

import java.io.IOException;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Puts numbers that were read into tensors, and refuses those that the tensor's type cannot hold. */
final class Elements {
    private static final double EXACT_INTEGERS = 0x1p53;

    private Elements() {}

    /** What to do about NaN and infinity. */
    enum NonFinite {
        ALLOWED,
        REFUSED
    }

    /**
     * Stores {@code count} values from element {@code first} of {@code into} on.
     *
     * @param what names the tensor in messages
     */
    static void store(double[] values, int count, Tensor into, long first, NonFinite policy, String what)
            throws IOException {
        if (into.dtype().isFloating()) {
            storeFloating(values, count, into, first, policy, what);
        } else {
            storeIntegers(values, count, into, first, what);
        }
    }

    /**
     * Copies all elements in row-major order, converting them; NaN and infinity pass, but a finite value must stay so.
     *
     * @param what names the tensor in messages
     */
    static void copy(Tensor from, Tensor into, String what) throws IOException {
        double[] one = new double[1];
        for (long i = 0; i < from.size(); i++) {
            one[0] = from.get(i);
            NonFinite policy = Double.isFinite(one[0]) ? NonFinite.REFUSED : NonFinite.ALLOWED;
            store(one, 1, into, i, policy, what);
        }
    }

    private static void storeFloating(
            double[] values, int count, Tensor into, long first, NonFinite policy, String what) throws IOException {
        double limit = policy == NonFinite.ALLOWED ? Double.POSITIVE_INFINITY : largest(into.dtype());
        for (int i = 0; i < count; i++) {
            double value = values[i];
            if (!(Math.abs(value) < limit) && policy == NonFinite.REFUSED) {
                throw refused(value, first + i, into.dtype(), what);
            }
            into.set(first + i, value);
        }
    }

    private static void storeIntegers(double[] values, int count, Tensor into, long first, String what)
            throws IOException {
        double low = lowest(into.dtype());
        double high = highest(into.dtype());
        for (int i = 0; i < count; i++) {
            double value = values[i];
            if (!(value >= low && value <= high)) {
                throw new WeightsFormatException(
                        what + " holds " + value + " at element " + (first + i) + ", which is no " + into.dtype());
            }
            into.set(first + i, value);
        }
    }

    static WeightsFormatException refused(double value, long element, DType dtype, String what) {
        return Double.isFinite(value)
                ? new WeightsFormatException(what + " holds " + value + " at element " + element + ", too large for "
                        + dtype + "; use F32 or BF16")
                : new WeightsFormatException(what + " holds " + value + " at element " + element
                        + "; the model is broken (perhaps training diverged): take another file");
    }

    /** The smallest magnitude that would become infinite. */
    private static double largest(DType dtype) {
        return switch (dtype) {
            case F16 -> 65520;
            case F32 -> 0x1.ffffffp127;
            case BF16 -> 0x1.ffp127;
            default -> Double.POSITIVE_INFINITY;
        };
    }

    private static double lowest(DType dtype) {
        return switch (dtype) {
            case U8 -> 0;
            case I32 -> Integer.MIN_VALUE;
            default -> -EXACT_INTEGERS;
        };
    }

    private static double highest(DType dtype) {
        return switch (dtype) {
            case U8 -> 255;
            case I32 -> Integer.MAX_VALUE;
            default -> EXACT_INTEGERS;
        };
    }
}
