package org.radapter.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntFunction;

/**
 * A data set in two parts, one to learn from and one to measure with.
 *
 * @param train the larger part
 * @param held the part held out
 */
public record HoldOut(ImageTextDataset train, ImageTextDataset held) {
    /**
     * Holds out a share of each class, rounded down, so that no class loses its only image. Which images is decided by a
     * hash of their names: neither order nor place of the files matters.
     *
     * @param share of the images, from 0 to below 1
     * @param name of an image, by index
     * @throws IllegalArgumentException if the share is out of range
     */
    public static HoldOut of(ImageTextDataset dataset, double share, IntFunction<String> name) {
        if (!(share >= 0 && share < 1)) {
            throw new IllegalArgumentException("the share held out lies in [0, 1), got " + share);
        }
        Map<Integer, List<Integer>> byLabel = new TreeMap<>();
        for (int i = 0; i < dataset.size(); i++) {
            byLabel.computeIfAbsent(dataset.label(i), label -> new ArrayList<>())
                    .add(i);
        }
        TreeSet<Integer> held = new TreeSet<>();
        Comparator<Integer> byHash = Comparator.comparing(i -> StableHash.hash("held out", name.apply(i)));
        byLabel.values()
                .forEach(indices -> indices.stream()
                        .sorted(byHash.thenComparing(name::apply))
                        .limit((long) (indices.size() * share))
                        .forEach(held::add));
        List<Integer> train = new ArrayList<>();
        for (int i = 0; i < dataset.size(); i++) {
            if (!held.contains(i)) {
                train.add(i);
            }
        }
        return new HoldOut(
                DatasetView.select(dataset, dataset.name(), train),
                DatasetView.select(dataset, dataset.name() + ", held out", List.copyOf(held)));
    }
}
