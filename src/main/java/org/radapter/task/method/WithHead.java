package org.radapter.task.method;

import java.util.List;
import org.radapter.data.ImageTextDataset;

/**
 * A frozen model whose image vectors are classified in another way.
 *
 * @param model the frozen model
 * @param head makes the classifier of some classes from that of the frozen model
 */
record WithHead(Recogniser model, Head head) implements Recogniser {
    /** Makes a classifier. */
    @FunctionalInterface
    interface Head {
        /**
         * A classifier.
         *
         * @param classNames may be others than those that were learned
         * @param zeroShot logits by the classes' texts
         */
        Classifier of(List<String> classNames, Classifier zeroShot);
    }

    @Override
    public float[][] images(ImageTextDataset images) {
        return model.images(images);
    }

    @Override
    public float[][] texts(List<String> texts) {
        return model.texts(texts);
    }

    @Override
    public Classifier classes(List<String> classNames, List<String> templates) {
        return head.of(classNames, model.classes(classNames, templates));
    }

    @Override
    public void close() {
        model.close();
    }
}
