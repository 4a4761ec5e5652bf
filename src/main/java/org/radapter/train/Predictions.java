package org.radapter.train;

import java.util.ArrayList;
import java.util.List;
import org.radapter.clip.ClipModel;
import org.radapter.data.ImageTextDataset;

/**
 * What a classifier said about a data set.
 *
 * @param labels true classes
 * @param predicted highest-scoring classes
 */
public record Predictions(int[] labels, int[] predicted) {
    private static final int IMAGES_AT_ONCE = 64;

    /** Unit vectors of every image of a data set, [size][embedDim], without augmentation. */
    public static float[][] embed(ClipModel model, ImageTextDataset dataset, ImagePreparation preparation) {
        int imageSize = model.config().image().imageSize();
        int numbers = 3 * imageSize * imageSize;
        List<float[]> features = new ArrayList<>(dataset.size());
        for (int from = 0; from < dataset.size(); from += IMAGES_AT_ONCE) {
            int count = Math.min(IMAGES_AT_ONCE, dataset.size() - from);
            float[] images = new float[count * numbers];
            for (int i = 0; i < count; i++) {
                preparation.prepare(dataset.image(from + i), 0, from + i, images, i * numbers);
            }
            features.addAll(List.of(model.embedImages(images)));
        }
        return features.toArray(float[][]::new);
    }

    /**
     * Classifies every image of a data set.
     *
     * @throws IllegalArgumentException if the data set is empty or its labels do not fit the head
     */
    public static Predictions of(
            ClipModel model, ZeroShotHead head, ImageTextDataset dataset, ImagePreparation preparation) {
        if (dataset.size() == 0) {
            throw new IllegalArgumentException(dataset.name() + " has no image to classify");
        }
        float[][] features = embed(model, dataset, preparation);
        int[] labels = new int[features.length];
        int[] predicted = new int[features.length];
        for (int i = 0; i < features.length; i++) {
            labels[i] = dataset.label(i);
            if (labels[i] < 0 || labels[i] >= head.classes()) {
                throw new IllegalArgumentException(dataset.source(i) + " has label " + labels[i] + ", but the head has "
                        + head.classes() + " classes, counted from 0; make the head of the data set's own classes");
            }
            predicted[i] = ZeroShotHead.best(head.scores(features[i]));
        }
        return new Predictions(labels, predicted);
    }

    /** Whether each image was classified rightly. */
    public boolean[] correct() {
        boolean[] correct = new boolean[labels.length];
        for (int i = 0; i < labels.length; i++) {
            correct[i] = labels[i] == predicted[i];
        }
        return correct;
    }

    /** Share of images classified rightly, in [0, 1]. */
    public double accuracy() {
        int right = 0;
        for (boolean each : correct()) {
            right += each ? 1 : 0;
        }
        return (double) right / labels.length;
    }
}
