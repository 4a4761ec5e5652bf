package org.radapter.train;

import org.radapter.data.Pixels;

/** Turns an image into what the image tower takes. Several threads call it at once. */
@FunctionalInterface
public interface ImagePreparation {
    /**
     * Writes normalised planar pixels, [3, imageSize, imageSize], as a function of its arguments alone.
     *
     * @param image any size, with alpha
     * @param step of the run; evaluation passes 0
     * @param sample position in the batch
     * @param target where to write
     * @param offset first number to write
     */
    void prepare(Pixels image, long step, int sample, float[] target, int offset);
}
