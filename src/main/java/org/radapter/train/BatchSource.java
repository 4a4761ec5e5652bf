package org.radapter.train;

/** Gives the batch of every step as a function of the step alone, so that a resumed run sees what an unbroken one saw. */
@FunctionalInterface
public interface BatchSource {
    /**
     * The batch of a step.
     *
     * @param step from 0
     */
    Batch batch(long step);
}
