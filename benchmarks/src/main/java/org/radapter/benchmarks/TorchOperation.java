package org.radapter.benchmarks;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.radapter.tensor.DType;

/** Work of libtorch; every tensor of a run is freed when it ends. */
abstract class TorchOperation implements Operation {
    private final List<Tensor> kept = new ArrayList<>();
    private final Map<String, Tensor> published = new HashMap<>();

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

    /** Lets a tensor of this run outlive it, until the next run publishes one of this name. */
    final void publish(String name, Tensor tensor) {
        Tensor plain = tensor.detach();
        plain.retainReference();
        Tensor before = published.put(name, plain);
        if (before != null) {
            before.releaseReference();
        }
    }

    /** What the last run published. */
    final float[] published(String name) {
        return Torch.floats(published.get(name));
    }

    @Override
    public void close() {
        kept.forEach(Tensor::releaseReference);
        kept.clear();
        published.values().forEach(Tensor::releaseReference);
        published.clear();
    }
}
