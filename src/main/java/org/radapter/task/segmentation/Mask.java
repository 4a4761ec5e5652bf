package org.radapter.task.segmentation;

import java.util.BitSet;

/**
 * A set of pixels of a square scene. The bits are shared, not copied; treat them as read-only.
 *
 * @param side of the scene in pixels
 * @param bits [side · side], row by row
 */
record Mask(int side, BitSet bits) {
    boolean isEmpty() {
        return bits.isEmpty();
    }

    boolean contains(int x, int y) {
        return x >= 0 && y >= 0 && x < side && y < side && bits.get(y * side + x);
    }

    /** All pixels in either. */
    Mask union(Mask other) {
        BitSet both = (BitSet) bits.clone();
        both.or(other.bits);
        return new Mask(side, both);
    }

    /** Adds, so many times, every pixel beside or above or below one of the mask. */
    Mask dilated(int times) {
        Mask mask = this;
        for (int i = 0; i < times; i++) {
            mask = mask.step(true);
        }
        return mask;
    }

    /** Takes away, so many times, every pixel with a neighbour that is not of the mask; the scene's edge counts as none. */
    Mask eroded(int times) {
        Mask mask = this;
        for (int i = 0; i < times; i++) {
            mask = mask.step(false);
        }
        return mask;
    }

    private Mask step(boolean grow) {
        BitSet next = new BitSet(side * side);
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                int neighbours = count(x - 1, y) + count(x + 1, y) + count(x, y - 1) + count(x, y + 1);
                boolean own = contains(x, y);
                next.set(y * side + x, grow ? own || neighbours > 0 : own && neighbours == 4);
            }
        }
        return new Mask(side, next);
    }

    private int count(int x, int y) {
        return contains(x, y) ? 1 : 0;
    }
}
