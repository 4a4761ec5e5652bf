package org.radapter.cli.report;

import java.util.List;

/**
 * The loss of one run, step by step.
 *
 * @param method name of the method
 * @param seed of the run
 * @param points in the order of steps
 */
public record LossCurve(String method, long seed, List<Point> points) {
    /**
     * One step.
     *
     * @param step from 0
     * @param loss of the batch, before the step; may be NaN or infinite where the step was skipped
     * @param learningRate used
     */
    public record Point(long step, double loss, double learningRate) {}

    /** Takes a copy. */
    public LossCurve {
        points = List.copyOf(points);
    }
}
