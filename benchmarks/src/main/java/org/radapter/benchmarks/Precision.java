package org.radapter.benchmarks;

import java.util.Locale;
import org.radapter.tensor.DType;

/** Type of the activations, by the name the tables use. */
enum Precision {
    /** IEEE binary32. Both sides add the same numbers in another order, hundreds to thousands of them. */
    FP32(DType.F32, 1e-4),
    /** The upper half of a binary32; three times its unit roundoff, for each side rounds on its own. */
    BF16(DType.BF16, 3 * 0x1p-8);

    private final DType dtype;
    private final double tolerance;

    Precision(DType dtype, double tolerance) {
        this.dtype = dtype;
        this.tolerance = tolerance;
    }

    /** The precision with this {@link #label}. */
    static Precision of(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    DType dtype() {
        return dtype;
    }

    /**
     * Whether the processor multiplies it. Without instructions for bf16 oneDNN refuses such products, and libtorch
     * emulates them, some fifty times as slow as in fp32.
     */
    boolean isMultiplied() {
        return this == FP32 || Processor.multipliesBf16();
    }

    /** Largest ‖ours − theirs‖/‖theirs‖ at which the two sides agree. */
    double tolerance() {
        return tolerance;
    }
}
