package org.radapter.train;

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
}
