package org.radapter.nn;

import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Activation;
import org.radapter.optim.Gradients;
import org.radapter.tensor.Tensor;

/**
 * Multi-head self-attention with its output projection and residual:
 * {@code y = residual + h(softmax(q kᵀ/√headSize) v W_O + b_O)}.
 *
 * @param input x → q, k, v side by side, [d] to [3d]
 * @param output W_O with its adapter
 * @param heads number of heads
 * @param causal whether a row sees itself and earlier rows alone
 */
public record Attention(Linear input, AdaptedLinear output, int heads, boolean causal) implements AutoCloseable {
    /** Results of a forward pass; {@code attended} [batch·length, d] is the heads' result of all rows. */
    public record Kept(
            Tensor x,
            Tensor qkv,
            Tensor attended,
            Tensor logSumExp,
            @Nullable Pooling pooling,
            AdaptedLinear.Kept output) {
        /** The result, [N, d], or [batch, d] of the pooled rows. */
        public Tensor y() {
            return output.y();
        }
    }

    /**
     * Attends within each of the pass's sequences.
     *
     * @param x [batch·length, d]
     * @param residual [batch·length, d]
     * @param pooling the rows whose result is wanted; null for all
     */
    public Kept forward(Pass pass, Tensor x, Tensor residual, @Nullable Pooling pooling) {
        Tensor qkv = pass.activations(x.rows(), input.outputWidth());
        input.forward(x, qkv);
        Tensor attended = pass.activations(x.rows(), input.outputWidth() / 3);
        Tensor logSumExp = pass.statistics(pass.batch(), heads, x.rows() / pass.batch());
        pass.kernels().attention(qkv, pass.batch(), heads, causal, attended, logSumExp);
        AdaptedLinear.Kept projected = pooling == null
                ? output.forward(pass, attended, residual, null)
                : output.forward(pass, pooling.gather(pass, attended), pooling.gather(pass, residual), pooling);
        return new Kept(x, qkv, attended, logSumExp, pooling, projected);
    }

    /**
     * Gradient of x, without the residual's share; null unless {@code inputNeeded}.
     *
     * @param dy shaped as the result
     * @return [batch·length, d]
     */
    public @Nullable Tensor backward(Pass pass, Kept kept, Tensor dy, boolean inputNeeded, Gradients gradients) {
        boolean below = inputNeeded || input.isTrained();
        Tensor dProjected = below ? pass.activationsLike(kept.output().x()) : null;
        output.backward(pass, kept.output(), dy, Activation.NONE, null, dProjected, gradients);
        if (dProjected == null) {
            return null;
        }
        Pooling pooling = kept.pooling();
        Tensor dAttended = pooling == null ? dProjected : pooling.scatter(pass, dProjected);
        Tensor dQkv = pass.activationsLike(kept.qkv());
        pass.kernels()
                .attentionBackward(
                        kept.qkv(), kept.attended(), kept.logSumExp(), dAttended, pass.batch(), heads, causal, dQkv);
        input.backwardWeight(kept.x(), dQkv, gradients);
        if (!inputNeeded) {
            return null;
        }
        Tensor dx = pass.activations(kept.x().rows(), input.inputWidth());
        input.backwardInput(dQkv, Activation.NONE, null, dx);
        return dx;
    }

    @Override
    public void close() {
        input.close();
        output.close();
    }
}
