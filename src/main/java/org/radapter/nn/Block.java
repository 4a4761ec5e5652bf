package org.radapter.nn;

import org.jspecify.annotations.Nullable;
import org.radapter.optim.Gradients;
import org.radapter.tensor.Tensor;

/**
 * One layer of CLIP's transformer with R-Adapter in both branches:
 * {@code x₁ = x + A₁(MHA(LN₁(x)))}, {@code y = x₁ + A₂(MLP(LN₂(x₁)))}.
 *
 * @param norm1 LN₁
 * @param attention MHA with A₁
 * @param norm2 LN₂
 * @param mlp MLP with A₂
 */
public record Block(LayerNorm norm1, Attention attention, LayerNorm norm2, Mlp mlp) implements AutoCloseable {
    /** What the four parts keep. */
    public record Kept(LayerNorm.Kept norm1, Attention.Kept attention, LayerNorm.Kept norm2, Mlp.Kept mlp) {
        /** The result, [N, d], or [batch, d] of the pooled rows. */
        public Tensor y() {
            return mlp.y();
        }
    }

    /**
     * Runs the layer.
     *
     * @param x [batch·length, d]
     * @param pooling the rows whose result is wanted; null for all
     */
    public Kept forward(Pass pass, Tensor x, @Nullable Pooling pooling) {
        LayerNorm.Kept first = norm1.forward(pass, x);
        Attention.Kept attended = attention.forward(pass, first.y(), x, pooling);
        LayerNorm.Kept second = norm2.forward(pass, attended.y());
        return new Kept(first, attended, second, mlp.forward(pass, second.y(), attended.y(), pooling));
    }

    /**
     * Gradient of x [batch·length, d], null unless {@code inputNeeded}.
     *
     * @param dy shaped as the result
     */
    public @Nullable Tensor backward(Pass pass, Kept kept, Tensor dy, boolean inputNeeded, Gradients gradients) {
        Tensor dSecond = mlp.backward(pass, kept.mlp(), dy, gradients);
        Tensor dMiddle = norm2.backward(pass, kept.norm2(), dSecond, dy, gradients);
        Tensor dFirst = attention.backward(pass, kept.attention(), dMiddle, inputNeeded, gradients);
        if (dFirst == null) {
            return null;
        }
        Pooling pooling = kept.attention().pooling();
        Tensor dResidual = pooling == null ? dMiddle : pooling.scatter(pass, dMiddle);
        return norm1.backward(pass, kept.norm1(), dFirst, dResidual, gradients);
    }

    @Override
    public void close() {
        attention.close();
        mlp.close();
    }
}
