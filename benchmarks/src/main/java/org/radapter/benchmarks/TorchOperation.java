package org.radapter.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.radapter.tensor.DType;

/** Work of libtorch; every tensor of a run is freed when it ends. */
abstract class TorchOperation implements Operation {
    private final List<Tensor> kept = new ArrayList<>();

    TorchOperation() {
        torch.set_num_threads(NativeOperation.THREADS);
    }

    /** The work itself. */
    abstract void compute();

    @Override
    public final void run() {
        try (PointerScope scope = new PointerScope()) {
            compute();
        }
    }

    /** A tensor that lives as long as this. */
    final Tensor keep(Tensor tensor) {
        tensor.retainReference();
        kept.add(tensor);
        return tensor;
    }

    /** A tensor of these values, rounded to {@code dtype}. */
    final Tensor constant(DType dtype, float[] values, long... shape) {
        try (PointerScope scope = new PointerScope()) {
            return keep(Tensor.create(values, shape).toType(Torch.type(dtype)));
        }
    }

    /** A {@link #constant} whose gradient is wanted. */
    final Tensor leaf(DType dtype, float[] values, long... shape) {
        Tensor tensor = constant(dtype, values, shape);
        tensor.set_requires_grad(true);
        return tensor;
    }

    /** The number a run computed last, as a tensor that outlives it. */
    final Tensor result(DType dtype, long... shape) {
        float[] values = new float[Numbers.size(shape)];
        Arrays.fill(values, Float.NaN);
        return constant(dtype, values, shape);
    }

    @Override
    public void close() {
        kept.forEach(Tensor::releaseReference);
        kept.clear();
    }
}
