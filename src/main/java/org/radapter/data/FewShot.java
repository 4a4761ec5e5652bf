package org.radapter.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.radapter.tensor.CounterRandom;

/** Chooses the same number of images of every class. */
public final class FewShot {
    private static final String SITE = "few-shot of class ";

    private FewShot() {}

    /**
     * At most {@code shots} images of each class, chosen by the seed; all of them where a class has no more.
     *
     * @param shots images a class, at least 1
     * @throws IllegalArgumentException if {@code shots} is below 1
     */
    public static ImageTextDataset of(ImageTextDataset dataset, int shots, long seed) {
        if (shots < 1) {
            throw new IllegalArgumentException("few-shot needs at least one image a class, not " + shots);
        }
        Map<Integer, List<Integer>> byLabel = new TreeMap<>();
        for (int i = 0; i < dataset.size(); i++) {
            byLabel.computeIfAbsent(dataset.label(i), label -> new ArrayList<>())
                    .add(i);
        }
        CounterRandom random = new CounterRandom(seed);
        List<Integer> chosen = new ArrayList<>();
        byLabel.forEach((label, indices) -> {
            int[] order = random.permutation(0, CounterRandom.site(SITE + label), indices.size());
            for (int i = 0; i < Math.min(shots, order.length); i++) {
                chosen.add(indices.get(order[i]));
            }
        });
        return DatasetView.select(dataset, dataset.name() + ", " + shots + " a class", chosen);
    }
}
