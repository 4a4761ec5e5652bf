package org.radapter.optim;

import java.io.Serializable;

/**
 * Learning rate over a run: warm-up, then a cosine. At step t from 0 of T with warm-up w: {@code peak·(t+1)/w} for
 * t &lt; w, then a cosine over the T−w steps left from {@code peak} to {@code end}.
 *
 * @param peak highest learning rate, positive
 * @param end last learning rate, at least 0, at most {@code peak}
 * @param warmupSteps w, at most {@code steps}
 * @param steps T, at least 1
 */
public record Schedule(double peak, double end, int warmupSteps, int steps) implements Serializable {
    private static final long serialVersionUID = 1;

    /** The paper's last learning rate. */
    public static final double PAPER_END = 1e-6;

    /** Checks the settings. */
    public Schedule {
        if (!(peak > 0) || !(end >= 0) || end > peak) {
            throw new IllegalArgumentException(
                    "learning rates must satisfy 0 <= end <= peak, peak > 0; got peak " + peak + ", end " + end);
        }
        if (steps < 1) {
            throw new IllegalArgumentException("a run has at least 1 step, not " + steps);
        }
        if (warmupSteps < 0 || warmupSteps > steps) {
            throw new IllegalArgumentException(
                    "warm-up of " + warmupSteps + " steps does not fit into a run of " + steps);
        }
    }

    /** Learning rate of step {@code t}, counted from 0; steps beyond the end keep {@code end}. */
    public double at(int t) {
        if (t < warmupSteps) {
            return peak * (t + 1) / warmupSteps;
        }
        if (t >= steps) {
            return end;
        }
        double progress = (double) (t - warmupSteps) / (steps - warmupSteps);
        return end + (peak - end) * 0.5 * (1 + Math.cos(Math.PI * progress));
    }
}
