package org.radapter.loss;

import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;

/**
 * Cross-entropy of image vectors against a fixed head of class vectors: {@code softmax(scale · f Hᵀ)}.
 *
 * @param head [classes, d], unit rows times the scale 1/τ; not changed
 * @param smoothing ε, in [0, 1)
 */
public record CrossEntropy(Tensor head, double smoothing) implements Objective {
    @Override
    public boolean usesTexts() {
        return false;
    }

    @Override
    public Result evaluate(Kernels kernels, Arena arena, Tensor images, @Nullable Tensor texts, Tensor labels) {
        Tensor logits = arena.allocate(images.dtype(), images.rows(), head.rows());
        kernels.gemm(false, true, images, head, logits);
        Tensor loss = arena.allocate(images.dtype().master(), 1);
        kernels.crossEntropy(logits, labels, smoothing, loss, logits);
        Tensor dImages = arena.allocate(images.dtype(), images.shape());
        kernels.gemm(false, false, logits, head, dImages);
        return new Result(loss, dImages, null, null);
    }
}
