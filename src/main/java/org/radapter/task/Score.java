package org.radapter.task;

/**
 * One figure of a task.
 *
 * @param split set of images, or of scenes, it was measured on
 * @param metric what was measured: {@code top-1}, {@code i2t-r@1}, {@code miou}, …; shares lie in [0, 1]
 * @param value the figure
 * @param items whether each image was right, in the order of the split; empty for metrics that are no mean over images.
 *     Shared, not copied
 */
@SuppressWarnings("ArrayRecordComponent")
public record Score(String split, String metric, double value, boolean[] items) {
    private static final boolean[] NONE = {};

    /** A figure that is no mean over images. */
    public static Score of(String split, String metric, double value) {
        return new Score(split, metric, value, NONE);
    }

    /** A share of images. */
    public static Score share(String split, String metric, boolean[] items) {
        int right = 0;
        for (boolean item : items) {
            right += item ? 1 : 0;
        }
        return new Score(split, metric, (double) right / items.length, items);
    }
}
