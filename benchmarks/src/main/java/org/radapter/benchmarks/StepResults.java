package org.radapter.benchmarks;

import java.util.List;
import java.util.Map;

/** Losses and gradient norms of the first steps. */
final class StepResults {
    private static final int KEPT = 3;

    private final float[] losses = new float[KEPT];
    private final float[] norms = new float[KEPT];
    private int steps;

    /** Notes a step; only the first few are kept. */
    void add(double loss, double norm) {
        if (steps < KEPT) {
            losses[steps] = (float) loss;
            norms[steps] = (float) norm;
            steps++;
        }
    }

    /** Everything, with the adapters' weights as they are now. */
    Map<String, float[]> all(List<float[]> adapters) {
        int count = adapters.stream().mapToInt(values -> values.length).sum();
        float[] weights = new float[count];
        int at = 0;
        for (float[] values : adapters) {
            System.arraycopy(values, 0, weights, at, values.length);
            at += values.length;
        }
        return Map.of("losses", losses, "norms", norms, "adapters", weights);
    }
}
