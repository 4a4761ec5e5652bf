package org.radapter.task.segmentation;

/**
 * Intersection over union of each class, over the pixels of all scenes together. A class counts if the truth has it; a
 * pixel that is wrongly said to be of it enlarges its union.
 */
final class MeanIou {
    private final long[] intersection;
    private final long[] truth;
    private final long[] predicted;

    MeanIou(int classes) {
        this.intersection = new long[classes];
        this.truth = new long[classes];
        this.predicted = new long[classes];
    }

    /**
     * Adds a scene.
     *
     * @param trueClasses class of each pixel, −1 for the background
     * @param saidClasses class that each pixel is said to be of, −1 for the background
     */
    void add(int[] trueClasses, int[] saidClasses) {
        for (int p = 0; p < trueClasses.length; p++) {
            if (trueClasses[p] >= 0) {
                truth[trueClasses[p]]++;
            }
            if (saidClasses[p] >= 0) {
                predicted[saidClasses[p]]++;
            }
            if (trueClasses[p] >= 0 && trueClasses[p] == saidClasses[p]) {
                intersection[trueClasses[p]]++;
            }
        }
    }

    /**
     * The mean over classes {@code from} to {@code to} − 1.
     *
     * @throws IllegalStateException if the truth has none of them
     */
    double mean(int from, int to) {
        double sum = 0;
        int classes = 0;
        for (int c = from; c < to; c++) {
            if (truth[c] > 0) {
                sum += (double) intersection[c] / (truth[c] + predicted[c] - intersection[c]);
                classes++;
            }
        }
        if (classes == 0) {
            throw new IllegalStateException("no scene shows any class from " + from + " to " + (to - 1));
        }
        return sum / classes;
    }
}
