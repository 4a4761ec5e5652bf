package org.radapter.data;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** Cross-validation: a data set cut into parts, each of which is held out once while the others are learned from. */
public final class Folds {
    private Folds() {}

    /**
     * Cuts a data set. Which part an image falls into is decided by a hash of its group: neither order nor place of the
     * files matters, and images of one group are never on both sides.
     *
     * @param folds number of parts, at least 2
     * @param group of an image, by index: what looks so much alike that it must stay together
     * @throws IllegalArgumentException if there are fewer than 2 parts, or one would have no image
     */
    public static List<HoldOut> of(ImageTextDataset dataset, int folds, IntFunction<String> group) {
        if (folds < 2) {
            throw new IllegalArgumentException("cross-validation takes at least 2 folds, not " + folds);
        }
        List<HoldOut> parts = new ArrayList<>();
        for (int fold = 0; fold < folds; fold++) {
            List<Integer> train = new ArrayList<>();
            List<Integer> held = new ArrayList<>();
            for (int i = 0; i < dataset.size(); i++) {
                boolean out = StableHash.bucket(folds, "fold", group.apply(i)) == fold;
                (out ? held : train).add(i);
            }
            if (held.isEmpty() || train.isEmpty()) {
                throw new IllegalArgumentException(dataset.name() + " has " + dataset.size() + " images, too few for "
                        + folds + " folds; ask for fewer");
            }
            parts.add(new HoldOut(
                    DatasetView.select(dataset, dataset.name(), train),
                    DatasetView.select(dataset, dataset.name() + ", fold " + (fold + 1), held)));
        }
        return List.copyOf(parts);
    }
}
