package org.radapter.adapter;

import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Activation;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Gradients;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;

/**
 * An adapter with a non-linearity, which no weight of the model can take in: {@code b(X) = gelu(X D + e) U + f}.
 *
 * @param down D [d, r]
 * @param downBias e [r]
 * @param up U [r, d]
 * @param upBias f [d]
 */
public record Bottleneck(Parameter down, Parameter downBias, Parameter up, Parameter upBias) {
    private static final Activation ACTIVATION = Activation.GELU;

    /**
     * What a backward pass needs of a forward pass.
     *
     * @param x input [N, d]
     * @param before X D + e [N, r]
     * @param hidden gelu of it; the backward pass writes over it
     */
    public record Kept(Tensor x, Tensor before, Tensor hidden) {}

    /**
     * {@code y = base + b(x)}.
     *
     * @param x [N, d], kept
     * @param base [N, d], may be {@code y}
     * @param y [N, d]
     */
    public Kept forward(Kernels kernels, Arena arena, Tensor x, Tensor base, Tensor y) {
        Tensor before = arena.allocate(x.dtype(), x.rows(), up.value().rows());
        Tensor hidden = arena.allocate(x.dtype(), before.shape());
        kernels.gemm(false, false, x, down.value(), downBias.value(), ACTIVATION, before, null, hidden);
        kernels.gemm(false, false, hidden, up.value(), upBias.value(), Activation.NONE, null, base, y);
        return new Kept(x, before, hidden);
    }

    /**
     * Gradients of the four parameters, and {@code dx = base + (b')ᵀ dy} unless {@code dx} is null. Once for each
     * forward pass.
     *
     * @param dy [N, d]
     * @param base what the input's gradient is added to, [N, d], may be {@code dx}
     * @param dx [N, d]
     */
    public void backward(Kernels kernels, Kept kept, Tensor dy, Tensor base, @Nullable Tensor dx, Gradients gradients) {
        product(kernels, kept.hidden(), dy, gradients.of(up));
        sum(kernels, dy, gradients.of(upBias));
        Tensor dBefore = kept.hidden();
        kernels.gemm(false, true, dy, up.value(), null, ACTIVATION.gradient(), kept.before(), null, dBefore);
        product(kernels, kept.x(), dBefore, gradients.of(down));
        sum(kernels, dBefore, gradients.of(downBias));
        if (dx != null) {
            kernels.gemm(false, true, dBefore, down.value(), null, Activation.NONE, null, base, dx);
        }
    }

    private static void product(Kernels kernels, Tensor left, Tensor right, @Nullable Tensor gradient) {
        if (gradient != null) {
            kernels.gemm(true, false, left, right, gradient);
        }
    }

    private static void sum(Kernels kernels, Tensor rows, @Nullable Tensor gradient) {
        if (gradient != null) {
            kernels.columnSum(rows, gradient);
        }
    }
}
