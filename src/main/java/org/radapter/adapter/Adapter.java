package org.radapter.adapter;

import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Gate;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Gradients;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;

/**
 * One R-Adapter, {@code h(X) = X + s·X W} with {@code W} full or {@code D U}.
 *
 * @param site where it sits
 * @param down W [d, d], or D [d, r] of a low-rank adapter
 * @param up U [r, d], null at full rank
 * @param scale s [1]
 */
public record Adapter(
        AdapterSite site, Parameter down, @Nullable Parameter up, Parameter scale) {
    /**
     * What a backward pass needs of a forward pass.
     *
     * @param x input [N, d]
     * @param gate dropping; null means 1
     * @param hidden X D [N, r] at low rank
     */
    public record Kept(
            Tensor x, @Nullable Gate gate, @Nullable Tensor hidden) {}

    /**
     * {@code y = residual + h(x)}.
     *
     * @param x [N, d], kept
     * @param y [N, d], may be {@code residual}
     */
    public Kept forward(
            Kernels kernels, Arena arena, Tensor x, @Nullable Gate gate, @Nullable Tensor residual, Tensor y) {
        if (up == null) {
            kernels.adapter(x, down.value(), scale.value(), gate, residual, y);
            return new Kept(x, gate, null);
        }
        Tensor hidden = arena.allocate(x.dtype(), x.rows(), up.value().rows());
        kernels.lowRankAdapter(x, down.value(), up.value(), scale.value(), gate, residual, hidden, y);
        return new Kept(x, gate, hidden);
    }

    /**
     * Gradients of the adapter, and of its input unless {@code dx} is null.
     *
     * @param dy [N, d]
     * @param dx [N, d]
     */
    public void backward(Kernels kernels, Kept kept, Tensor dy, @Nullable Tensor dx, Gradients gradients) {
        if (up == null || kept.hidden() == null) {
            kernels.adapterBackward(
                    kept.x(),
                    down.value(),
                    scale.value(),
                    kept.gate(),
                    dy,
                    dx,
                    gradients.of(down),
                    gradients.of(scale));
        } else {
            kernels.lowRankAdapterBackward(
                    kept.x(),
                    kept.hidden(),
                    down.value(),
                    up.value(),
                    scale.value(),
                    kept.gate(),
                    dy,
                    dx,
                    gradients.of(down),
                    gradients.of(up),
                    gradients.of(scale));
        }
    }
}
