package org.radapter.train;

import java.io.Serializable;
import java.time.Duration;

/**
 * How a cluster takes the steps of a run.
 *
 * @param world ranks that train together
 * @param steps of the whole run
 * @param checkpointEvery steps between checkpoints; what a failure costs at most
 * @param timeout longest wait of a rank for another
 * @param summation how gradients are added over the ranks
 */
public record ClusterRun(int world, int steps, int checkpointEvery, Duration timeout, Summation summation)
        implements Serializable {
    private static final long serialVersionUID = 1;

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is not positive
     */
    public ClusterRun {
        if (world < 1 || steps < 1 || checkpointEvery < 1 || timeout.toMillis() < 1) {
            throw new IllegalArgumentException(
                    "a run has at least one rank, one step, one step between checkpoints and a"
                            + " timeout of a millisecond, not " + world + ", " + steps + ", " + checkpointEvery
                            + " and "
                            + timeout);
        }
    }

    /** The step, not included, at which the next checkpoint is due after {@code step}. */
    public int nextCheckpoint(long step) {
        return (int) Math.min(steps, (step / checkpointEvery + 1) * checkpointEvery);
    }
}
