package org.radapter.distributed.spark;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.radapter.train.LoadedModel;
import org.radapter.train.ZeroShotHead;

/**
 * A text head on its way to the executors: made once, by the driver.
 *
 * @param names of the classes
 * @param rows [classes][embedDim] unit vectors
 * @param logitScale 1/temperature
 */
@SuppressWarnings("ArrayRecordComponent")
record Head(List<String> names, float[][] rows, double logitScale) implements Serializable {
    private static final long serialVersionUID = 1;

    /** What a head says of an image: the class that fits best and its softmax over all classes. */
    record Answer(String name, double probability) {}

    static Head of(LoadedModel model, List<String> names, List<String> templates) throws IOException {
        ZeroShotHead head = ZeroShotHead.of(model.model(), model.tokenizer(), names, templates);
        return new Head(List.copyOf(names), head.rows(), model.weights().logitScale());
    }

    Answer answer(float[] embedding) {
        double[] scores = new ZeroShotHead(rows).scores(embedding);
        int best = ZeroShotHead.best(scores);
        return new Answer(names.get(best), ZeroShotHead.probabilities(scores, logitScale)[best]);
    }
}
