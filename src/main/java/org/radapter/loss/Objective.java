package org.radapter.loss;

import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;

/** What training minimises: a function of a whole batch's unit vectors. */
public interface Objective {
    /**
     * A loss and its gradients.
     *
     * @param value the loss
     * @param dImages gradient of the image vectors, [n, d]
     * @param dTexts gradient of the text vectors, [m, d]; null if the objective uses none
     * @param dLogScale gradient of log(1/τ), [1]; null unless it is learned
     */
    record Result(
            double value,
            Tensor dImages,
            @Nullable Tensor dTexts,
            @Nullable Tensor dLogScale) {}

    /** Whether text vectors are needed. */
    boolean usesTexts();

    /**
     * Evaluates the loss.
     *
     * @param arena where results are put
     * @param images [n, d] unit rows
     * @param texts [m, d] unit rows; null if the objective uses none
     * @param labels class of each row; equal labels are positives
     */
    Result evaluate(Kernels kernels, Arena arena, Tensor images, @Nullable Tensor texts, int[] labels);
}
