package org.radapter.task.method;

import java.util.List;
import org.radapter.data.ImageTextDataset;

/** A model that tells images apart by words: vectors of images and texts, and logits of classes. */
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

    /** Logits of classes. */
    @FunctionalInterface
    interface Classifier {
        /**
         * A logit for each class: of a model of words its cosine divided by τ. Softmax makes them the model's own
         * confidences.
         *
         * @param image unit vector [embedDim], from {@link #images}
         */
        double[] logits(float[] image);

        /** The class of the highest logit, the first among equals. */
        default int best(float[] image) {
            return highest(logits(image));
        }
    }

    /** The place of the highest number, the first among equals. */
    static int highest(double[] values) {
        int highest = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[highest]) {
                highest = i;
            }
        }
        return highest;
    }

    @Override
    void close();
}
