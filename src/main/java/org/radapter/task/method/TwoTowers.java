package org.radapter.task.method;

import java.util.List;
import org.radapter.data.ImageTextDataset;

/** Images as one model sees them, words as another does. */
record TwoTowers(Recogniser image, Recogniser text) implements Recogniser {
    @Override
    public float[][] images(ImageTextDataset images) {
        return image.images(images);
    }

    @Override
    public float[][] texts(List<String> texts) {
        return text.texts(texts);
    }

    @Override
    public Classifier classes(List<String> classNames, List<String> templates) {
        return text.classes(classNames, templates);
    }

    @Override
    public void close() {
        image.close();
        text.close();
    }
}
