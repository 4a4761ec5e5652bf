package org.radapter.kernels.reference;

import org.radapter.tensor.DType;
import org.radapter.tensor.Floats;

/**
 * Where the reference backend rounds. Operators read elements as double and compute in double; an implementation of a
 * precision would round after every elementary step and every addition of a sum, and so does the reference. Inputs,
 * results and kept tensors are rounded by the type they are stored in.
 */
public enum Precision {
    /** Nothing is rounded: the oracle. Tensors F64. */
    F64(DType.F64),
    /** Elementary steps and sums in binary32. Tensors F32. */
    F32(DType.F32),
    /** Elementary steps and sums in binary32, operands of products in bfloat16. Activations BF16, masters F32. */
    BF16(DType.BF16);

    private final DType activations;

    Precision(DType activations) {
        this.activations = activations;
    }

    /** Type of activations. */
    public DType activations() {
        return activations;
    }

    /** Type of statistics, trained parameters and their gradients. */
    public DType masters() {
        return activations.master();
    }

    /** The result of an elementary step. */
    public double round(double value) {
        return this == F64 ? value : (float) value;
    }

    /** A sum with one more term. */
    public double sum(double accumulator, double term) {
        return this == F64 ? accumulator + term : (float) (accumulator + term);
    }

    /** What a product makes of an operand that is a master or lies in no tensor: as activations are stored. */
    public double operand(double value) {
        return switch (this) {
            case F64 -> value;
            case F32 -> (float) value;
            case BF16 -> Floats.fromBFloat16(Floats.toBFloat16(value));
        };
    }
}
