package org.radapter.task.method;

import java.util.List;
import org.radapter.data.ImageTextDataset;

/** A model that tells images apart by words: vectors of images and texts, and scores of classes. */
public interface Recogniser extends AutoCloseable {
    /**
     * Unit vectors of every image, without augmentation.
     *
     * @return [images][embedDim]
     */
    float[][] images(ImageTextDataset images);

    /**
     * Unit vectors of texts.
     *
     * @return [texts][embedDim]
     */
    float[][] texts(List<String> texts);

    /**
     * A classifier of image vectors.
     *
     * @param templates prompts with {@code {}} for the class name
     */
    Classifier classes(List<String> classNames, List<String> templates);

    /** Scores of classes, the highest of the likeliest. */
    @FunctionalInterface
    interface Classifier {
        /**
         * A score for each class.
         *
         * @param image unit vector [embedDim], from {@link #images}
         */
        double[] scores(float[] image);

        /** The class of the highest score, the first among equals. */
        default int best(float[] image) {
            double[] scores = scores(image);
            int best = 0;
            for (int c = 1; c < scores.length; c++) {
                if (scores[c] > scores[best]) {
                    best = c;
                }
            }
            return best;
        }
    }

    @Override
    void close();
}
