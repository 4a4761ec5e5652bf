package org.radapter.loss;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** What training minimises: a function of a whole batch's unit vectors. */
public interface Objective {
    /**
     * A loss and its gradients.
     *
     * @param loss [≥ 1] of the master type, the loss first
     * @param dImages gradient of the image vectors, [n, d]
     * @param dTexts gradient of the text vectors, [m, d]; null if the objective uses none
     * @param dParameters gradients of the trained parameters of the objective's own, by name, shaped as they are
     */
    record Result(Tensor loss, Tensor dImages, @Nullable Tensor dTexts, Map<String, Tensor> dParameters) {
        /** The loss; on a GPU this waits for it. */
        public double value() {
            return loss.get(0);
        }
    }

    /** Whether text vectors are needed. */
    boolean usesTexts();

    /**
     * The labels that {@link #evaluate(Kernels, Arena, Tensor, Tensor, Tensor)} takes of pairs of these classes.
     *
     * @param classes [n]
     */
    default int[] labels(int[] classes) {
        return classes;
    }

    /**
     * Evaluates the loss. It calls operators and allocates, so that it can be part of recorded work; see
     * {@link Kernels#record}.
     *
     * @param arena where results are put
     * @param images [n, d] unit rows
     * @param texts [m, d] unit rows; null if the objective uses none
     * @param labels I32 [n], made by {@link #labels}
     */
    Result evaluate(Kernels kernels, Arena arena, Tensor images, @Nullable Tensor texts, Tensor labels);

    /**
     * The same shared with other processes: each may form the gradients of its own rows alone, and exchange what the others
     * need for theirs. The bits of a row do not depend on how many processes there are. Unless an objective says otherwise,
     * each evaluates the whole.
     *
     * @return the whole loss and, of the gradients, at least rows {@code n·rank/world} to {@code n·(rank+1)/world}; what
     *     the others hold is not defined
     */
    default Result evaluate(
            Kernels kernels, Arena arena, Tensor images, @Nullable Tensor texts, Tensor labels, Ranks ranks) {
        return evaluate(kernels, arena, images, texts, labels);
    }

    /**
     * The same with classes of the host.
     *
     * @param classes of the rows; equal ones are positives
     */
    default Result evaluate(Kernels kernels, Arena arena, Tensor images, @Nullable Tensor texts, int[] classes) {
        return evaluate(
                kernels,
                arena,
                images,
                texts,
                arena.allocate(DType.I32, classes.length).copyFrom(labels(classes)));
    }
}
