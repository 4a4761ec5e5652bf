package org.radapter.task;

import java.util.List;
import org.radapter.data.ImageTextDataset;
import org.radapter.task.method.Recogniser;

/** Share of images whose class is the first. */
final class Accuracy {
    /** Name of the metric. */
    static final String TOP_1 = "top-1";

    private Accuracy() {}

    /**
     * Measures on several data sets of the same classes, pooled.
     *
     * @throws IllegalArgumentException if there is no image
     */
    static Score of(Recogniser model, String split, List<ImageTextDataset> parts, List<String> templates) {
        int size = parts.stream().mapToInt(ImageTextDataset::size).sum();
        if (size == 0) {
            throw new IllegalArgumentException("the split \"" + split + "\" has no image to measure with");
        }
        Recogniser.Classifier classifier = model.classes(parts.get(0).classNames(), templates);
        boolean[] right = new boolean[size];
        int at = 0;
        for (ImageTextDataset part : parts) {
            float[][] vectors = model.images(part);
            for (int i = 0; i < vectors.length; i++) {
                right[at++] = classifier.best(vectors[i]) == part.label(i);
            }
        }
        return Score.share(split, TOP_1, right);
    }
}
