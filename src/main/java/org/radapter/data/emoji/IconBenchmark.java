package org.radapter.data.emoji;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import org.radapter.data.Folds;
import org.radapter.data.HoldOut;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.NearCopies;

/**
 * Icons as a few-shot benchmark: classes are the names found in at least ten sets. Immutable and thread-safe.
 *
 * <p>Drawings of {@code hash(name, set) mod 10} 5–7 give the shots, 8–9 the test; two sets of other looks test out of
 * distribution.
 */
public final class IconBenchmark {
    private static final int HELD_OUT_PART = 6;

    private final DrawingFile file;
    private final List<String> names;
    private final Map<String, Integer> labels = new HashMap<>();
    private final DrawingDataset test;
    private final DrawingDataset pixels;
    private final DrawingDataset print;
    private final DrawingDataset shots;

    IconBenchmark(DrawingFile file) {
        this.file = file;
        Map<String, Set<String>> setsOfName = new HashMap<>();
        for (Drawing icon : file.drawings()) {
            setsOfName
                    .computeIfAbsent(icon.key(), name -> new HashSet<>())
                    .add(set(icon).key());
        }
        Set<String> classes = new TreeSet<>();
        setsOfName.forEach((name, sets) -> {
            if (sets.size() >= IconBuckets.BENCHMARK_SETS) {
                classes.add(name);
            }
        });
        names = List.copyOf(classes);
        for (int i = 0; i < names.size(); i++) {
            labels.put(names.get(i), i);
        }
        test = dataset("icons test", (icon, set) -> !set.outOfDistribution() && IconBuckets.test(icon.key(), set));
        pixels = dataset("icons of pixels", (icon, set) -> set == IconSet.PIXELARTICONS);
        print = dataset("icons printed by hand", (icon, set) -> set == IconSet.PEPICONS_PRINT);
        shots = withoutNearCopies(
                dataset("icon shots", (icon, set) -> !set.outOfDistribution() && IconBuckets.shot(icon.key(), set)));
    }

    static IconSet set(Drawing icon) {
        return IconSet.byId(icon.set()).orElseThrow();
    }

    /** What few-shot training draws from. */
    public ImageTextDataset shots() {
        return shots;
    }

    /** Test in the looks of the shots. */
    public ImageTextDataset test() {
        return test;
    }

    /** Test out of distribution: Pixelarticons. */
    public ImageTextDataset pixels() {
        return pixels;
    }

    /** Test out of distribution: Pepicons Print. */
    public ImageTextDataset print() {
        return print;
    }

    /**
     * The shots, and a sixth of them held out for validation. All techniques of an icon in one set are on one side, for
     * they show one drawing.
     */
    public HoldOut heldOut() {
        return Folds.of(shots, HELD_OUT_PART, index -> {
                    Drawing icon = shots.items().get(index).drawing();
                    return icon.key() + " of " + set(icon).key();
                })
                .get(0);
    }

    DrawingDataset shotItems() {
        return shots;
    }

    /** Drawings nothing may be trained on. */
    List<DrawingDataset> tests() {
        return List.of(test, pixels, print);
    }

    private DrawingDataset dataset(String name, BiPredicate<Drawing, IconSet> wanted) {
        List<DrawingDataset.Item> items = new ArrayList<>();
        List<Drawing> icons = file.drawings();
        for (int i = 0; i < icons.size(); i++) {
            Integer label = labels.get(icons.get(i).key());
            if (label != null && wanted.test(icons.get(i), set(icons.get(i)))) {
                items.add(new DrawingDataset.Item(icons.get(i), file, i, label));
            }
        }
        List<String> words = names.stream().map(Words::spaced).toList();
        return new DrawingDataset(
                name,
                items,
                words,
                words.stream()
                        .map(word -> EmojiPrompts.captions(word, List.of()))
                        .toList());
    }

    private DrawingDataset withoutNearCopies(DrawingDataset training) {
        Set<Integer> copies = new HashSet<>();
        for (DrawingDataset tested : tests()) {
            NearCopies.find(tested.hashes(), training.hashes()).forEach(pair -> copies.add(pair.training()));
        }
        return training.without(copies);
    }
}
