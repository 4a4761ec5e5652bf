package org.radapter.task;

/**
 * The expected calibration error of Guo et al., "On calibration of modern neural networks", 2017: images are put into 15
 * bins of equal width by the confidence in their first class, and {@code ECE = Σ_b n_b/n |accuracy_b − confidence_b|}.
 */
final class Calibration {
    private static final int BINS = 15;

    private Calibration() {}

    /** The softmax of one class, in (0, 1]. */
    static double confidence(double[] logits, int label) {
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit - logits[label]);
        }
        return 1 / sum;
    }

    /**
     * The error, in [0, 1].
     *
     * @param confidences [images] in [0, 1]
     * @param right [images] whether the first class was the right one
     */
    static double error(double[] confidences, boolean[] right) {
        double[] gaps = new double[BINS];
        for (int i = 0; i < right.length; i++) {
            // bins are (b/15, (b+1)/15]
            int bin = Math.max(0, (int) Math.ceil(confidences[i] * BINS) - 1);
            gaps[bin] += (right[i] ? 1 : 0) - confidences[i];
        }
        double sum = 0;
        for (double gap : gaps) {
            sum += Math.abs(gap);
        }
        return sum / right.length;
    }
}
