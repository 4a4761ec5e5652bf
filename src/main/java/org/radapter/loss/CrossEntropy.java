package org.radapter.loss;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;

/**
 * Cross-entropy of image vectors against a head of class vectors: {@code softmax(f Hᵀ)}.
 *
 * @param head H [classes, d] of the master type, which begins as unit rows times the scale 1/τ; it learns if it is trained
 * @param smoothing ε, in [0, 1)
 */
public record CrossEntropy(Parameter head, double smoothing) implements Objective {
    /** Name of the head among trained parameters. */
    public static final String HEAD = "classifier.weight";

    @Override
    public boolean usesTexts() {
        return false;
    }

    @Override
    public Result evaluate(Kernels kernels, Arena arena, Tensor images, @Nullable Tensor texts, Tensor labels) {
        Tensor rows = rows(kernels, arena, images);
        Tensor logits = arena.allocate(images.dtype(), images.rows(), rows.rows());
        kernels.gemm(false, true, images, rows, logits);
        Tensor loss = arena.allocate(images.dtype().master(), 1);
        kernels.crossEntropy(logits, labels, smoothing, loss, logits);
        Tensor dImages = arena.allocate(images.dtype(), images.shape());
        kernels.gemm(false, false, logits, rows, dImages);
        if (!head.trained()) {
            return new Result(loss, dImages, null, Map.of());
        }
        Tensor dHead = arena.allocate(images.dtype(), rows.shape());
        kernels.gemm(true, false, logits, images, dHead);
        return new Result(loss, dImages, null, Map.of(head.name(), dHead));
    }

    /** The head in the type of the activations. */
    private Tensor rows(Kernels kernels, Arena arena, Tensor images) {
        if (head.value().dtype() == images.dtype()) {
            return head.value();
        }
        Tensor rows = arena.allocate(images.dtype(), head.value().shape());
        kernels.convert(head.value(), rows);
        return rows;
    }
}
