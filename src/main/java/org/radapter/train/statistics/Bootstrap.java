package org.radapter.train.statistics;

import java.util.Arrays;
import org.radapter.tensor.CounterRandom;

/**
 * Means of resampled images for several methods at once (Efron, "Bootstrap methods", 1979).
 *
 * <p>All methods see the same resamples, so that the difference of two methods' means is the mean of the difference.
 */
final class Bootstrap {
    /** Resamples unless told otherwise: the standard error is then sure to 0.7 %. */
    static final int RESAMPLES = 10_000;

    private Bootstrap() {}

    /**
     * Means of {@code resamples} draws of as many images as there are, with replacement.
     *
     * @param values [images][methods]
     * @param site what the draws depend on besides the seed
     * @return [methods][resamples]
     */
    static double[][] means(double[][] values, int resamples, CounterRandom random, long site) {
        int images = values.length;
        int methods = values[0].length;
        double[][] means = new double[methods][resamples];
        double[] sums = new double[methods];
        for (int r = 0; r < resamples; r++) {
            Arrays.fill(sums, 0);
            for (int i = 0; i < images; i++) {
                double[] drawn = values[random.integer(r, site, i, images)];
                for (int m = 0; m < methods; m++) {
                    sums[m] += drawn[m];
                }
            }
            for (int m = 0; m < methods; m++) {
                means[m][r] = sums[m] / images;
            }
        }
        return means;
    }

    /** Standard deviation of the resamples. */
    static double deviation(double[] resamples) {
        double mean = 0;
        for (double value : resamples) {
            mean += value / resamples.length;
        }
        double squares = 0;
        for (double value : resamples) {
            squares += (value - mean) * (value - mean);
        }
        return Math.sqrt(squares / (resamples.length - 1));
    }

    /** The value a share of the resamples stays below, between the two nearest. */
    static double quantile(double[] sorted, double share) {
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
