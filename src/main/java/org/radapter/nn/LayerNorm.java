package org.radapter.nn;

import org.jspecify.annotations.Nullable;
import org.radapter.optim.Gradients;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Tensor;

/**
 * {@code y = (x − mean)·rstd·gain + bias} over the last extent.
 *
 * @param gain [d]
 * @param bias [d]
 * @param epsilon added to the variance
 */
public record LayerNorm(Parameter gain, Parameter bias, double epsilon) {
    /** Input, statistics and result of a forward pass; x, y [N, d], mean and rstd [N]. */
    public record Kept(Tensor x, Tensor mean, Tensor rstd, Tensor y) {}

    /** Normalises x [N, d]. */
    public Kept forward(Pass pass, Tensor x) {
        Kept kept = new Kept(
                x, pass.statistics(x.rows()), pass.statistics(x.rows()), pass.activations(x.rows(), x.columns()));
        pass.kernels().layerNorm(x, gain.value(), bias.value(), epsilon, kept.y(), kept.mean(), kept.rstd());
        return kept;
    }

    /**
     * Gradient of the input.
     *
     * @param dy [N, d]
     * @param residual added to the result; nullable
     */
    public Tensor backward(Pass pass, Kept kept, Tensor dy, @Nullable Tensor residual, Gradients gradients) {
        Tensor dx = pass.activationsLike(dy);
        pass.kernels()
                .layerNormBackward(
                        dy,
                        kept.x(),
                        gain.value(),
                        kept.mean(),
                        kept.rstd(),
                        residual,
                        dx,
                        gradients.of(gain),
                        gradients.of(bias));
        return dx;
    }
}
