package org.radapter.train;

/**
 * Image–text pairs of one training step.
 *
 * @param images [size·3·imageSize²] normalised pixels, planar; shared, not copied
 * @param ids [size·contextLength] token ids; empty if the objective uses no texts
 * @param labels [size] class of each pair; pairs of one class are positives of one another
 */
public record Batch(float[] images, int[] ids, int[] labels) {
    /** Number of pairs. */
    public int size() {
        return labels.length;
    }
}
