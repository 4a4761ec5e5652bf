package org.radapter.train.statistics;

/**
 * How much better one method is than another on the same images, seeds averaged within an image.
 *
 * @param split name of the set of images
 * @param method name of the method
 * @param baseline name of the method it is compared with
 * @param difference accuracy of {@code method} minus accuracy of {@code baseline}, in [−1, 1]
 * @param standardError of the difference, by bootstrap over images; NaN with a single image
 * @param lower end of the 95 % interval (2.5 % quantile of the resamples); NaN with a single image
 * @param upper end of the 95 % interval (97.5 % quantile of the resamples); NaN with a single image
 * @param n number of images
 */
public record Difference(
        String split,
        String method,
        String baseline,
        double difference,
        double standardError,
        double lower,
        double upper,
        int n) {
    /** The same comparison from the other side. */
    public Difference reversed() {
        return new Difference(split, baseline, method, 0.0 - difference, standardError, 0.0 - upper, 0.0 - lower, n);
    }
}
