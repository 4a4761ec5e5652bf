package org.radapter.task.method;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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

    /**
     * A model with class vectors that were learned; other classes it knows by their texts.
     *
     * @param classNames that were learned
     * @param head W [classes · embedDim], row by row
     * @param scale logits are {@code scale · W f}
     */
    static Recogniser learned(Recogniser model, List<String> classNames, double[] head, double scale) {
        return new WithHead(
                model, (names, texts) -> names.equals(classNames) ? LinearProbe.classifier(head, scale) : texts);
    }

    /** The same of rows that hold 1/τ; null: texts are all it has. */
    static Recogniser learned(Recogniser model, List<String> classNames, float @Nullable [][] head) {
        return head == null ? model : learned(model, classNames, flat(head), 1);
    }

    /** Rows one after another. */
    static double[] flat(float[][] rows) {
        return Stream.of(rows)
                .flatMapToDouble(row -> Arrays.stream(Softmax.doubles(row)))
                .toArray();
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
