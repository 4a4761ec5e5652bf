package org.radapter.task;

import java.util.List;
import org.radapter.data.ImageTextDataset;
import org.radapter.task.method.Recogniser;

/**
 * How often a model is right about images, and how well it knows.
 *
 * @param top1 share of images whose class is the first
 * @param calibrationError see {@link Calibration}
 */
record Accuracy(Score top1, Score calibrationError) {
    /** Name of the share of images whose class is the first. */
    static final String TOP_1 = "top-1";

    /** Name of the expected calibration error. */
    static final String ECE = "ece";

    /**
     * Measures on several data sets of the same classes, pooled.
     *
     * @throws IllegalArgumentException if there is no image
     */
    static Accuracy of(Recogniser model, String split, List<ImageTextDataset> parts, List<String> templates) {
        int size = parts.stream().mapToInt(ImageTextDataset::size).sum();
        if (size == 0) {
            throw new IllegalArgumentException("the split \"" + split + "\" has no image to measure with");
        }
        Recogniser.Classifier classifier = model.classes(parts.get(0).classNames(), templates);
        boolean[] right = new boolean[size];
        double[] confidences = new double[size];
        int at = 0;
        for (ImageTextDataset part : parts) {
            float[][] vectors = model.images(part);
            for (int i = 0; i < vectors.length; i++) {
                double[] logits = classifier.logits(vectors[i]);
                int best = Recogniser.highest(logits);
                right[at] = best == part.label(i);
                confidences[at++] = Calibration.confidence(logits, best);
            }
        }
        return new Accuracy(
                Score.share(split, TOP_1, right), Score.of(split, ECE, Calibration.error(confidences, right)));
    }
}
