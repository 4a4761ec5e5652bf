package org.radapter.benchmarks;

import java.util.Arrays;

/** Order statistics of a few numbers. */
final class Statistics {
    private Statistics() {}

    static double median(double... values) {
        return quantile(values, .5);
    }

    /** Linear between the ordered values. */
    static double quantile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double place = share * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
