package org.radapter.data.emoji;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.radapter.data.DataException;
import org.radapter.data.NearCopies;
import org.radapter.data.PerceptualHash;

/**
 * Looks for anything that is trained on and tested on, in the sets as they are handed out. To be run before
 * pre-training starts: weights are made once.
 */
public final class LeakCheck {
    private static final int MOST_TOLD = 20;

    private final List<String> problems = new ArrayList<>();

    private LeakCheck() {}

    /**
     * What was found.
     *
     * @param pretraining drawings for pre-training
     * @param training drawings for fine-tuning: emoji and icon shots
     * @param tests drawings nothing may be trained on
     * @param removedFromPretraining drawings that were left out of pre-training because a test drawing looks like them
     * @param removedFromTraining the same for the fine-tuning emoji
     * @param comparisons pairs of images that were compared
     * @param problems what is wrong, in words; empty if the check passes
     */
    public record Report(
            int pretraining,
            int training,
            int tests,
            int removedFromPretraining,
            int removedFromTraining,
            long comparisons,
            List<String> problems) {
        /** With the list copied. */
        public Report {
            problems = List.copyOf(problems);
        }

        /** Whether nothing is wrong. */
        public boolean passed() {
            return problems.isEmpty();
        }

        /**
         * Ends a run that would train on test data.
         *
         * @throws DataException listing the first problems, if there are any
         */
        public void orThrow() {
            if (!passed()) {
                throw new DataException(problems.size() + " leaks between training and test: "
                        + String.join("; ", problems.subList(0, Math.min(MOST_TOLD, problems.size()))));
            }
        }
    }

    /** Checks all rules on all sets; takes some seconds. */
    public static Report run(EmojiShift data) {
        return run(data.catalog(), data.splits(), data.icons(), data.pretraining());
    }

    static Report run(EmojiCatalog catalog, EmojiSplits splits, IconBenchmark icons, PretrainingSet pretraining) {
        LeakCheck check = new LeakCheck();
        List<DrawingDataset> emojiTests = splits.tests();
        List<DrawingDataset> iconTests = icons.tests();
        DrawingDataset train = splits.dataset(Split.TRAIN);
        DrawingDataset shots = icons.shotItems();
        check.heldOut(catalog, pretraining);
        check.heldOut(train);
        check.units(catalog, splits, icons, pretraining);
        List<DrawingDataset> tests = new ArrayList<>(emojiTests);
        tests.addAll(iconTests);
        long comparisons = check.nearCopies(tests, pretraining.hashes(), "pre-training", pretraining::source)
                + check.nearCopies(emojiTests, train.hashes(), "training", train::source)
                + check.nearCopies(iconTests, shots.hashes(), "icon shots", shots::source);
        return new Report(
                pretraining.size(),
                train.size() + shots.size(),
                tests.stream().mapToInt(DrawingDataset::size).sum(),
                pretraining.removedNearCopies(),
                splits.removedFromTraining(),
                comparisons,
                check.problems);
    }

    private void heldOut(EmojiCatalog catalog, PretrainingSet pretraining) {
        UnseenNames unseen = new UnseenNames(catalog.unseen());
        for (int i = 0; i < pretraining.size(); i++) {
            Drawing drawing = pretraining.drawing(i);
            if (pretraining.icon(i)) {
                report(IconBenchmark.set(drawing).outOfDistribution(), drawing + " is of a set for testing only");
                report(unseen.shownBy(drawing), drawing + " shows an unseen concept");
            } else {
                report(Style.byId(drawing.set()).vendor().heldOut(), drawing + " is by a held-out vendor");
                report(
                        catalog.role(drawing.key()) == SplitRules.Role.UNSEEN,
                        drawing + " in pre-training shows an unseen concept");
            }
        }
    }

    private void heldOut(DrawingDataset train) {
        for (DrawingDataset.Item item : train.items()) {
            report(
                    Style.byId(item.drawing().set()).vendor().heldOut(),
                    item.drawing() + " in training is by a held-out vendor");
        }
    }

    /** No (concept, vendor) and no (icon, set) may be used twice. */
    private void units(EmojiCatalog catalog, EmojiSplits splits, IconBenchmark icons, PretrainingSet pretraining) {
        Map<String, String> uses = new HashMap<>();
        Set<String> pretrained = new HashSet<>();
        for (int i = 0; i < pretraining.size(); i++) {
            Drawing drawing = pretraining.drawing(i);
            if (pretraining.icon(i)) {
                pretrained.add(iconUnit(drawing));
            } else if (catalog.role(drawing.key()) != SplitRules.Role.OTHER) {
                pretrained.add(emojiUnit(drawing));
            }
        }
        claim(uses, pretrained, "pre-training");
        claim(uses, emojiUnits(List.of(splits.dataset(Split.TRAIN))), "training");
        claim(uses, emojiUnits(List.of(splits.dataset(Split.VALIDATION))), "validation");
        claim(uses, emojiUnits(splits.tests()), "test");
        claim(uses, iconUnits(List.of(icons.shotItems())), "icon shots");
        claim(uses, iconUnits(icons.tests()), "icon test");
    }

    private void claim(Map<String, String> uses, Set<String> units, String use) {
        for (String unit : units) {
            String other = uses.putIfAbsent(unit, use);
            report(other != null, unit + " is both in " + other + " and in " + use);
        }
    }

    private static Set<String> emojiUnits(Collection<DrawingDataset> datasets) {
        Set<String> units = new HashSet<>();
        datasets.forEach(set -> set.items().forEach(item -> units.add(emojiUnit(item.drawing()))));
        return units;
    }

    private static Set<String> iconUnits(Collection<DrawingDataset> datasets) {
        Set<String> units = new HashSet<>();
        datasets.forEach(set -> set.items().forEach(item -> units.add(iconUnit(item.drawing()))));
        return units;
    }

    private static String emojiUnit(Drawing drawing) {
        return "emoji " + drawing.key() + " by "
                + Style.byId(drawing.set()).vendor().key();
    }

    private static String iconUnit(Drawing icon) {
        return "icon " + icon.key() + " of " + IconBenchmark.set(icon).key();
    }

    private long nearCopies(
            List<DrawingDataset> tests, List<PerceptualHash> training, String use, IntFunction<String> source) {
        long comparisons = 0;
        for (DrawingDataset test : tests) {
            for (NearCopies.Pair pair : NearCopies.find(test.hashes(), training)) {
                problems.add(test.source(pair.test()) + " (" + test.name() + ") looks like "
                        + source.apply(pair.training()) + " (" + use + ")");
            }
            comparisons += (long) test.size() * training.size();
        }
        return comparisons;
    }

    private void report(boolean wrong, String problem) {
        if (wrong) {
            problems.add(problem);
        }
    }
}
