package org.radapter.benchmarks;

import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Work of ours: a backend of its own, and memory. */
abstract class NativeOperation implements Operation {
    /** Threads of every side. */
    static final int THREADS = Integer.getInteger("radapter.benchmarks.threads", 2);

    private final Kernels kernels;
    private final Arena arena;

    NativeOperation() {
        this("cpu");
    }

    /** On another backend than the native one. */
    NativeOperation(String backend) {
        kernels = Backends.open(backend, BackendOptions.DEFAULT.withThreads(THREADS));
        arena = kernels.device().arena("benchmark");
    }

    final Kernels kernels() {
        return kernels;
    }

    final Arena arena() {
        return arena;
    }

    /** A tensor of these values, rounded to {@code dtype}. */
    final Tensor tensor(DType dtype, float[] values, long... shape) {
        return arena.allocate(dtype, shape).copyFrom(values);
    }

    /** A tensor that a run writes; until then it holds NaN, which no check lets pass. */
    final Tensor output(DType dtype, long... shape) {
        Tensor tensor = arena.allocate(dtype, shape);
        kernels.fill(tensor, Double.NaN);
        return tensor;
    }

    @Override
    public void close() {
        arena.close();
        kernels.close();
    }
}
