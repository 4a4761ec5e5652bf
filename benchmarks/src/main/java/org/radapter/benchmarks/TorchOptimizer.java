package org.radapter.benchmarks;

import java.util.List;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.radapter.tensor.DType;

/** Clip, AdamW and moving average in libtorch's fastest calls. */
final class TorchOptimizer {
    private final Tensor[] values;
    private final Tensor[] expAvg;
    private final Tensor[] expAvgSq;
    private final Tensor[] averages;
    private final Tensor step;
    private final double decay;

    /** An optimiser of leaves, none of whose steps is taken; averages start as the values are. */
    TorchOptimizer(TorchOperation owner, List<Tensor> leaves, double decay) {
        this.values = leaves.toArray(Tensor[]::new);
        this.expAvg = new Tensor[values.length];
        this.expAvgSq = new Tensor[values.length];
        this.averages = new Tensor[values.length];
        for (int i = 0; i < values.length; i++) {
            float[] zeros = new float[Math.toIntExact(values[i].numel())];
            long[] shape = values[i].shape();
            expAvg[i] = owner.constant(DType.F32, zeros, shape);
            expAvgSq[i] = owner.constant(DType.F32, zeros, shape);
            averages[i] = owner.constant(DType.F32, Torch.floats(values[i]), shape);
        }
        this.step = owner.constant(DType.F32, new float[1]);
        this.decay = decay;
    }

    /** One step on the leaves' gradients; returns their norm before clipping. */
    Tensor step(double rate) {
        Tensor[] gradients = new Tensor[values.length];
        for (int i = 0; i < values.length; i++) {
            gradients[i] = values[i].grad();
        }
        return step(gradients, rate);
    }

    /** One step on these gradients, which are clipped in place. */
    Tensor step(Tensor[] gradients, double rate) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor norm = ForeachOperators.clip(gradients);
            step.add_(Torch.scalar(1));
            ForeachOperators.fusedAdamW(values, gradients, expAvg, expAvgSq, step, rate);
            ForeachOperators.lerp(averages, values, 1 - decay);
            return norm;
        }
    }

    Tensor[] expAvg() {
        return expAvg;
    }

    Tensor[] expAvgSq() {
        return expAvgSq;
    }

    Tensor[] averages() {
        return averages;
    }
}
