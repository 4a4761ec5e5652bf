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
    /** Results of a forward pass. */
    public record Kept(Tensor x, Tensor qkv, Tensor logSumExp, AdaptedLinear.Kept output) {
        /** The result, [N, d]. */
        public Tensor y() {
            return output.y();
        }
    }

    /** Attends within each of the pass's sequences; x, residual [batch·length, d]. */
    public Kept forward(Pass pass, Tensor x, Tensor residual) {
        Tensor qkv = pass.activations(x.rows(), input.outputWidth());
        input.forward(x, qkv);
        Tensor attended = pass.activations(x.rows(), input.outputWidth() / 3);
        Tensor logSumExp = pass.statistics(pass.batch(), heads, x.rows() / pass.batch());
        pass.kernels().attention(qkv, pass.batch(), heads, causal, attended, logSumExp);
        return new Kept(x, qkv, logSumExp, output.forward(pass, attended, residual));
    }

    /**
     * Gradient of x, without the residual's share; null unless {@code inputNeeded}.
     *
     * @param dy [N, d]
     */
    public @Nullable Tensor backward(Pass pass, Kept kept, Tensor dy, boolean inputNeeded, Gradients gradients) {
        boolean below = inputNeeded || input.isTrained();
        Tensor attended = kept.output().x();
        Tensor dAttended = below ? pass.activationsLike(attended) : null;
        output.backward(pass, kept.output(), dy, Activation.NONE, null, dAttended, gradients);
        if (dAttended == null) {
            return null;
        }
        Tensor dQkv = pass.activationsLike(kept.qkv());
        pass.kernels()
                .attentionBackward(
                        kept.qkv(), attended, kept.logSumExp(), dAttended, pass.batch(), heads, causal, dQkv);
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
