package org.radapter.task.segmentation;

import java.util.BitSet;
import java.util.List;

/**
 * Drawings on a textured background. The arrays are shared, not copied; treat them as read-only.
 *
 * @param side pixels a side
 * @param rgb [side · side · 3]
 * @param truth [side · side] class of each pixel, −1 for the background
 * @param objects the visible part of each drawing; none is empty
 * @param labels class of each object
 * @param sources where each object's drawing comes from
 */
@SuppressWarnings("ArrayRecordComponent")
record Scene(int side, byte[] rgb, int[] truth, List<Mask> objects, List<Integer> labels, List<String> sources) {
    /** Class of a pixel of the background. */
    static final int BACKGROUND = -1;

    /** All pixels of no drawing. */
    Mask background() {
        BitSet bits = new BitSet(truth.length);
        for (int i = 0; i < truth.length; i++) {
            bits.set(i, truth[i] == BACKGROUND);
        }
        return new Mask(side, bits);
    }
}
