package org.radapter.cli.report;

import java.util.ArrayDeque;
import java.util.Deque;

/** How fast steps follow one another, over the last few of them. */
final class Speed {
    private static final int WINDOW = 20;

    private final Deque<Long> moments = new ArrayDeque<>();

    /** Begins now. */
    Speed(long nanoTime) {
        moments.add(nanoTime);
    }

    /** A step ended now. */
    void step(long nanoTime) {
        moments.add(nanoTime);
        if (moments.size() > WINDOW + 1) {
            moments.remove();
        }
    }

    /** Steps a second; NaN before the first step, or while no time has passed. */
    double stepsPerSecond() {
        long nanos = moments.getLast() - moments.getFirst();
        return nanos <= 0 ? Double.NaN : (moments.size() - 1) / (nanos * 1e-9);
    }
}
