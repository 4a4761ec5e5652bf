package org.radapter.nn;

import org.jspecify.annotations.Nullable;
import org.radapter.adapter.Adapter;
import org.radapter.kernels.Activation;
import org.radapter.kernels.Gate;
import org.radapter.optim.Gradients;
import org.radapter.tensor.Tensor;

/**
 * A projection that ends a branch, with R-Adapter behind it, before the residual sum:
 * {@code y = residual + h(x W + b)}. Without an adapter {@code h} is the identity.
 *
 * @param linear the projection
 * @param adapter nullable
 */
public record AdaptedLinear(Linear linear, @Nullable Adapter adapter) implements AutoCloseable {
    /** Input, what the adapter keeps, and result of a forward pass. */
    public record Kept(Tensor x, Adapter.@Nullable Kept adapter, Tensor y) {}

    /**
     * Runs the projection and its adapter.
     *
     * @param x [N, in]
     * @param residual [N, d]
     * @param pooling which rows of the pass's sequences x holds; null for all
     */
    public Kept forward(Pass pass, Tensor x, Tensor residual, @Nullable Pooling pooling) {
        Tensor y = pass.activations(x.rows(), linear.outputWidth());
        if (adapter == null) {
            linear.forward(x, Activation.NONE, null, residual, y);
            return new Kept(x, null, y);
        }
        Tensor projected = pass.activations(x.rows(), linear.outputWidth());
        linear.forward(x, projected);
        Gate gate = gate(pass, adapter, x, pooling);
        return new Kept(x, adapter.forward(pass.kernels(), pass.arena(), projected, gate, residual, y), y);
    }

    private static @Nullable Gate gate(Pass pass, Adapter adapter, Tensor x, @Nullable Pooling pooling) {
        long length = pooling == null ? x.rows() / pass.batch() : pooling.length();
        Gate gate = pass.gates().gate(adapter.site(), pass.arena(), pass.firstSample(), pass.batch(), length);
        return pooling == null ? gate : pooling.of(pass, gate);
    }

    /**
     * Gradients of adapter, projection and input; the residual's own gradient is {@code dy}.
     *
     * @param dy [N, d]
     * @param activation gradient of the activation that made x, or NONE
     * @param aux what that activation was applied to; null with NONE
     * @param dx [N, in], null if nothing below needs it
     */
    public void backward(
            Pass pass,
            Kept kept,
            Tensor dy,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor dx,
            Gradients gradients) {
        boolean below = dx != null || linear.isTrained();
        Tensor dProjected = dy;
        if (adapter != null && kept.adapter() != null) {
            dProjected = pass.activationsLike(dy);
            adapter.backward(pass.kernels(), kept.adapter(), dy, below ? dProjected : null, gradients);
        }
        linear.backwardWeight(kept.x(), dProjected, gradients);
        if (dx != null) {
            linear.backwardInput(dProjected, activation, aux, dx);
        }
    }

    @Override
    public void close() {
        linear.close();
    }
}
