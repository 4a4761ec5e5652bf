package org.radapter.cli.report;

import org.radapter.data.Pixels;

/**
 * An image and what was said of it before and after fine-tuning.
 *
 * <p>The bytes are shared, not copied; treat them as read-only.
 *
 * @param png the image, encoded
 * @param truth its class's name
 * @param before predicted by the baseline
 * @param after predicted by the fine-tuned model
 * @param split name of the set of images it is from
 */
@SuppressWarnings("ArrayRecordComponent")
public record Example(byte[] png, String truth, String before, String after, String split) {
    /** An example from pixels, with their alpha. */
    public static Example of(Pixels pixels, String truth, String before, String after, String split) {
        return new Example(Png.of(pixels.toBufferedImage()), truth, before, after, split);
    }

    /** Whether the baseline was right. */
    public boolean rightBefore() {
        return truth.equals(before);
    }

    /** Whether the fine-tuned model was right. */
    public boolean rightAfter() {
        return truth.equals(after);
    }
}
