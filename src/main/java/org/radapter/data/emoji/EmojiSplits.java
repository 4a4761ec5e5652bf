package org.radapter.data.emoji;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.radapter.data.Folds;
import org.radapter.data.HoldOut;
import org.radapter.data.NearCopies;

/** Sorts the emoji into their splits by {@link SplitRules}, and takes near-copies of tests out of training. */
final class EmojiSplits {
    private final EmojiCatalog catalog;
    private final DrawingFile file;
    private final Map<Split, DrawingDataset> datasets = new EnumMap<>(Split.class);
    private final int removedFromTraining;

    EmojiSplits(EmojiCatalog catalog, DrawingFile file) {
        this.catalog = catalog;
        this.file = file;
        Map<Split, List<DrawingDataset.Item>> items = new EnumMap<>(Split.class);
        Map<String, Integer> classes = classes(catalog.downstream());
        for (int i = 0; i < file.drawings().size(); i++) {
            Drawing drawing = file.drawings().get(i);
            int index = i;
            SplitRules.split(catalog.role(drawing.key()), drawing.key(), Style.byId(drawing.set()))
                    .ifPresent(split -> items.computeIfAbsent(split, key -> new ArrayList<>())
                            .add(new DrawingDataset.Item(
                                    drawing, file, index, Objects.requireNonNull(classes.get(drawing.key())))));
        }
        for (Split split : Split.values()) {
            datasets.put(split, dataset(split.id(), items.getOrDefault(split, List.of()), catalog.downstream()));
        }
        removedFromTraining = removeNearCopies();
    }

    DrawingDataset dataset(Split split) {
        return Objects.requireNonNull(datasets.get(split));
    }

    /** Training drawings left out because a test drawing looks like them. */
    int removedFromTraining() {
        return removedFromTraining;
    }

    /** Training and validation drawings, cut anew; all drawings of a concept by one vendor stay together. */
    List<HoldOut> folds(int folds) {
        List<DrawingDataset.Item> items = new ArrayList<>(dataset(Split.TRAIN).items());
        items.addAll(dataset(Split.VALIDATION).items());
        return Folds.of(dataset("train and validation", items, catalog.downstream()), folds, i -> {
            Drawing drawing = items.get(i).drawing();
            return drawing.key() + " " + Style.byId(drawing.set()).vendor().key();
        });
    }

    /** All drawings of the unseen concepts in the given styles. */
    DrawingDataset unseen(Set<Style> styles) {
        Map<String, Integer> classes = classes(catalog.unseen());
        List<DrawingDataset.Item> items = new ArrayList<>();
        for (int i = 0; i < file.drawings().size(); i++) {
            Drawing drawing = file.drawings().get(i);
            Integer label = classes.get(drawing.key());
            if (label != null && styles.contains(Style.byId(drawing.set()))) {
                items.add(new DrawingDataset.Item(drawing, file, i, label));
            }
        }
        return dataset("unseen", items, catalog.unseen());
    }

    /** Drawings of the downstream and unseen concepts that nothing may be trained on. */
    List<DrawingDataset> tests() {
        List<DrawingDataset> tests = new ArrayList<>();
        datasets.forEach((split, dataset) -> {
            if (split.test()) {
                tests.add(dataset);
            }
        });
        tests.add(unseen(Set.of(Style.values())));
        return tests;
    }

    private int removeNearCopies() {
        DrawingDataset train = dataset(Split.TRAIN);
        Set<Integer> copies = new HashSet<>();
        for (DrawingDataset test : tests()) {
            NearCopies.find(test.hashes(), train.hashes()).forEach(pair -> copies.add(pair.training()));
        }
        datasets.put(Split.TRAIN, train.without(copies));
        return copies.size();
    }

    private static Map<String, Integer> classes(List<Concept> concepts) {
        Map<String, Integer> classes = new HashMap<>();
        for (int i = 0; i < concepts.size(); i++) {
            classes.put(concepts.get(i).hexcode(), i);
        }
        return classes;
    }

    static DrawingDataset dataset(String name, List<DrawingDataset.Item> items, List<Concept> concepts) {
        return new DrawingDataset(
                name,
                items,
                concepts.stream().map(Concept::label).toList(),
                concepts.stream()
                        .map(concept -> EmojiPrompts.captions(concept.label(), concept.keywords()))
                        .toList());
    }
}
