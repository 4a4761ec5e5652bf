package org.radapter.task.method;

import org.radapter.data.ImageTextDataset;

/**
 * Images as the frozen model sees them, computed once.
 *
 * @param vectors [images][embedDim] unit vectors
 * @param labels [images] classes
 */
@SuppressWarnings("ArrayRecordComponent")
record FrozenImages(float[][] vectors, int[] labels) {
    /** Images without augmentation. */
    static FrozenImages of(Recogniser model, ImageTextDataset images) {
        return new FrozenImages(model.images(images), labels(images));
    }

    static int[] labels(ImageTextDataset images) {
        int[] labels = new int[images.size()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = images.label(i);
        }
        return labels;
    }

    /** Numbers in a vector. */
    int width() {
        return vectors[0].length;
    }

    /** Share of images that a classifier is right about. */
    double accuracy(Recogniser.Classifier classifier) {
        int right = 0;
        for (int i = 0; i < labels.length; i++) {
            right += classifier.best(vectors[i]) == labels[i] ? 1 : 0;
        }
        return (double) right / labels.length;
    }
}
