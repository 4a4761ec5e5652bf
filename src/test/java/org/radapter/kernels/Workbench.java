package org.radapter.kernels;

import java.util.Arrays;
import org.radapter.kernels.reference.Precision;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Kernels with an arena to try them on: inputs rounded to a precision's types, results NaN until they are written. */
final class Workbench implements AutoCloseable {
    final Kernels kernels;
    final Arena arena;
    private final Precision precision;

    Workbench(TestBackend backend) {
        this.kernels = backend.open().get();
        this.precision = backend.precision();
        this.arena = kernels.device().arena("test");
    }

    DType activations() {
        return precision.activations();
    }

    DType masters() {
        return precision.masters();
    }

    Tensor activation(double[] values, long... shape) {
        return arena.allocate(activations(), shape).copyFrom(values);
    }

    Tensor master(double[] values, long... shape) {
        return arena.allocate(masters(), shape).copyFrom(values);
    }

    Tensor integers(int[] values, long... shape) {
        return arena.allocate(DType.I32, shape).copyFrom(values);
    }

    Tensor activationResult(long... shape) {
        return poisoned(activations(), shape);
    }

    Tensor masterResult(long... shape) {
        return poisoned(masters(), shape);
    }

    Tensor poisoned(DType dtype, long... shape) {
        Tensor tensor = arena.allocate(dtype, shape);
        double[] values = new double[Math.toIntExact(tensor.size())];
        Arrays.fill(values, Double.NaN);
        return tensor.copyFrom(values);
    }

    @Override
    public void close() {
        arena.close();
        kernels.close();
    }
}
