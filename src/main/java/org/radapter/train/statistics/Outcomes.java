package org.radapter.train.statistics;

import java.util.ArrayList;
import java.util.List;

/**
 * Which images of a split one run of a method got right.
 *
 * <p>The array is shared, not copied; treat it as read-only.
 *
 * @param method name of the method
 * @param split name of the set of images
 * @param seed of the run
 * @param images what tells one image from another, such as its source; equal lists mean equal images
 * @param correct [images] whether each was classified rightly
 */
@SuppressWarnings("ArrayRecordComponent")
public record Outcomes(String method, String split, long seed, List<String> images, boolean[] correct) {
    /**
     * Checks that every image has its outcome.
     *
     * @throws IllegalArgumentException if there is no image, or the numbers differ
     */
    public Outcomes {
        images = List.copyOf(images);
        if (images.isEmpty()) {
            throw new IllegalArgumentException("split \"" + split + "\" has no image to compare methods on");
        }
        if (images.size() != correct.length) {
            throw new IllegalArgumentException("split \"" + split + "\" has " + images.size() + " images but "
                    + correct.length + " outcomes of method \"" + method + "\", seed " + seed);
        }
    }

    /**
     * Several splits as one: the images of each after those of the one before.
     *
     * @param split name of the whole
     * @param parts of one method and one seed, at least one
     * @throws IllegalArgumentException if there is no part, or they differ in method or seed
     */
    public static Outcomes pooled(String split, List<Outcomes> parts) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("split \"" + split + "\" is made of no parts");
        }
        Outcomes first = parts.get(0);
        List<String> images = new ArrayList<>();
        for (Outcomes part : parts) {
            if (!part.method.equals(first.method) || part.seed != first.seed) {
                throw new IllegalArgumentException("cannot pool method \"" + part.method + "\", seed " + part.seed
                        + " with method \"" + first.method + "\", seed " + first.seed);
            }
            images.addAll(part.images);
        }
        boolean[] correct = new boolean[images.size()];
        int at = 0;
        for (Outcomes part : parts) {
            System.arraycopy(part.correct, 0, correct, at, part.correct.length);
            at += part.correct.length;
        }
        return new Outcomes(first.method, split, first.seed, images, correct);
    }

    /** Share of images classified rightly, in [0, 1]. */
    public double accuracy() {
        int right = 0;
        for (boolean each : correct) {
            right += each ? 1 : 0;
        }
        return (double) right / correct.length;
    }
}
