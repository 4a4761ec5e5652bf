package org.radapter.weights;

import java.util.Arrays;
import org.radapter.tensor.Tensor;

/** Comparison of extents. */
final class Shapes {
    private Shapes() {}

    /** Whether the two are equal, where a scalar equals {@code [1]}. */
    static boolean same(long[] a, long[] b) {
        return Arrays.equals(a, b) || (a.length + b.length == 1 && (a.length == 0 ? b[0] : a[0]) == 1);
    }

    /**
     * Checks the destination of a read.
     *
     * @throws IllegalArgumentException naming both shapes if they differ
     */
    static void requireSame(String name, long[] stored, Tensor into) {
        if (!same(stored, into.shape())) {
            throw new IllegalArgumentException(
                    "tensor '" + name + "' is " + Arrays.toString(stored) + " and cannot be read into " + into);
        }
    }
}
