package org.radapter.train;

import org.radapter.tensor.Tensor;

/** Where the pixels of a step's images come from. */
@FunctionalInterface
interface StepImages {
    /**
     * Puts the pixels of some pairs in place, in the order of the device's work.
     *
     * @param first number of the first pair within the step
     * @param to [pairs, 3, imageSize, imageSize]
     */
    void copy(long first, Tensor to);
}
