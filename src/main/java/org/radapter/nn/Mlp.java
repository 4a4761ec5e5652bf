package org.radapter.nn;

import org.jspecify.annotations.Nullable;
import org.radapter.adapter.Bottleneck;
import org.radapter.kernels.Activation;
import org.radapter.optim.Gradients;
import org.radapter.tensor.Tensor;

/**
 * The two-layer perceptron of a block with its residual: {@code y = residual + h(act(x W₁ + b₁) W₂ + b₂)}, and
 * {@code + b(x)} where a {@link Bottleneck} lies beside it.
 *
 * @param expand W₁
 * @param contract W₂ with its adapter
 * @param activation QUICK_GELU or GELU
 * @param beside null for none
 */
public record Mlp(
        Linear expand,
        AdaptedLinear contract,
        Activation activation,
        @Nullable Bottleneck beside) implements AutoCloseable {
    /** Results of a forward pass; {@code before} is x W₁ + b₁. */
    public record Kept(Tensor x, Tensor before, AdaptedLinear.Kept contract, Bottleneck.@Nullable Kept beside) {
        /** The result, [N, d]. */
        public Tensor y() {
            return contract.y();
        }
    }

    /**
     * Runs both layers.
     *
     * @param x [N, d]
     * @param residual [N, d]
     * @param pooling which rows of the pass's sequences x holds; null for all
     */
    public Kept forward(Pass pass, Tensor x, Tensor residual, @Nullable Pooling pooling) {
        Tensor before = pass.activations(x.rows(), expand.outputWidth());
        Tensor activated = pass.activationsLike(before);
        expand.forward(x, activation, before, null, activated);
        AdaptedLinear.Kept contracted = contract.forward(pass, activated, residual, pooling);
        Bottleneck.Kept kept =
                beside == null ? null : beside.forward(pass.kernels(), pass.arena(), x, contracted.y(), contracted.y());
        return new Kept(x, before, contracted, kept);
    }

    /** Gradient of x, without the residual's share; dy [N, d]. */
    public Tensor backward(Pass pass, Kept kept, Tensor dy, Gradients gradients) {
        Tensor dBefore = pass.activationsLike(kept.before());
        contract.backward(pass, kept.contract(), dy, activation.gradient(), kept.before(), dBefore, gradients);
        expand.backwardWeight(kept.x(), dBefore, gradients);
        Tensor dx = pass.activations(kept.x().rows(), expand.inputWidth());
        expand.backwardInput(dBefore, Activation.NONE, null, dx);
        if (beside != null && kept.beside() != null) {
            beside.backward(pass.kernels(), kept.beside(), dy, dx, dx, gradients);
        }
        return dx;
    }

    @Override
    public void close() {
        expand.close();
        contract.close();
    }
}
