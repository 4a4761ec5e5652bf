package org.radapter.train.statistics;

/**
 * The accuracy of one run on one split.
 *
 * @param method name of the method
 * @param split name of the set of images
 * @param seed of the run
 * @param accuracy share of images classified rightly, in [0, 1]
 * @param n number of images
 */
public record AccuracyRow(String method, String split, long seed, double accuracy, int n) {}
