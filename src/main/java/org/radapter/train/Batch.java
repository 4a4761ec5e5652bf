package org.radapter.train;

import java.util.Arrays;
import org.radapter.tensor.Tensor;

/**
 * Image–text pairs of one training step, or a run of them with the labels of all.
 *
 * @param images [pairs·3·imageSize²] normalised pixels, planar; shared, not copied
 * @param ids [pairs·contextLength] token ids; empty if the objective uses no texts
 * @param labels [size] class of each pair of the step; pairs of one class are positives of one another
 * @param first number of the first pair that {@code images} and {@code ids} hold
 */
public record Batch(float[] images, int[] ids, int[] labels, int first) {
    /** A step's pairs, all of them. */
    public Batch(float[] images, int[] ids, int[] labels) {
        this(images, ids, labels, 0);
    }

    /** Number of pairs of the step. */
    public int size() {
        return labels.length;
    }

    /**
     * Copies the pixels of some pairs.
     *
     * @param from number of the first pair within the step
     * @param to [pairs, 3, imageSize, imageSize]
     */
    void copyImages(long from, Tensor to) {
        to.copyFrom(images, place(from, Math.toIntExact(to.size() / to.extent(0))));
    }

    /**
     * Token ids of some pairs.
     *
     * @param from number of the first pair within the step
     */
    int[] ids(long from, long pairs, int contextLength) {
        return Arrays.copyOfRange(ids, place(from, contextLength), place(from + pairs, contextLength));
    }

    private int place(long pair, int numbers) {
        return Math.toIntExact((pair - first) * numbers);
    }

    /** Number of pairs whose images and texts are held. */
    int held(int numbersOfImage) {
        return images.length / numbersOfImage;
    }
}
