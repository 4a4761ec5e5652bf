package org.radapter.cli.report;

import org.radapter.train.statistics.MeanAccuracy;

/**
 * Accuracy of a method merged at one α, seeds averaged.
 *
 * @param method name of the method
 * @param alpha 0 for the model before fine-tuning, 1 for the result unscaled
 * @param split name of the set of images
 * @param accuracy mean over seeds, in [0, 1]
 * @param standardError of the accuracy; NaN where nobody knows
 */
public record CurvePoint(String method, double alpha, String split, double accuracy, double standardError) {
    /** The point of a mean accuracy measured at α. */
    public static CurvePoint of(MeanAccuracy mean, double alpha) {
        return new CurvePoint(mean.method(), alpha, mean.split(), mean.accuracy(), mean.standardError());
    }
}
