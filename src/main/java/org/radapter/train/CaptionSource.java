package org.radapter.train;

/** Chooses the words an image is paired with in a step. Several threads call it at once. */
@FunctionalInterface
public interface CaptionSource {
    /**
     * A caption, as a function of its arguments alone.
     *
     * @param index of the image in its data set
     * @param step of the run
     * @param sample position in the batch
     */
    String caption(int index, long step, int sample);
}
