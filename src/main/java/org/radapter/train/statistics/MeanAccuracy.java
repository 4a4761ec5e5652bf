package org.radapter.train.statistics;

/**
 * The accuracy of a method on a split, seeds averaged.
 *
 * @param method name of the method
 * @param split name of the set of images
 * @param accuracy mean over seeds, in [0, 1]
 * @param standardError of the accuracy, by bootstrap over images; NaN with a single image
 * @param seeds number of runs
 * @param n number of images
 */
public record MeanAccuracy(String method, String split, double accuracy, double standardError, int seeds, int n) {}
