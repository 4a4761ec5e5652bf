package org.radapter.data.emoji;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.data.DataException;
import org.radapter.data.HoldOut;
import org.radapter.data.ImageTextDataset;
import org.radapter.tensor.CounterRandom;

class SplitsTest {
    private static SyntheticEmoji data;
    private static PretrainingSet pretraining;

    @BeforeAll
    static void make(@TempDir Path folder) throws IOException {
        data = new SyntheticEmoji(folder);
        pretraining = data.pretraining();
    }

    @Test
    void noConceptByOneVendorIsInTwoSplits() {
        Map<String, String> uses = new HashMap<>();
        for (Split split : Split.values()) {
            String use = split.test() ? "test" : split.id();
            for (DrawingDataset.Item item : data.splits.dataset(split).items()) {
                assertThat(uses.merge(unit(item.drawing()), use, (a, b) -> a.equals(b) ? a : a + " and " + b))
                        .isEqualTo(use);
            }
        }
        for (int i = 0; i < pretraining.size(); i++) {
            if (!pretraining.icon(i) && data.catalog.role(pretraining.drawing(i).key()) == SplitRules.Role.DOWNSTREAM) {
                assertThat(uses).doesNotContainKey(unit(pretraining.drawing(i)));
            }
        }
        assertThat(uses.values()).contains("train", "validation", "test");
    }

    @Test
    void foldsAreOfTrainingAndValidationAndNoConceptByOneVendorIsOnBothSides() {
        int known = data.splits.dataset(Split.TRAIN).size()
                + data.splits.dataset(Split.VALIDATION).size();
        int held = 0;
        for (HoldOut fold : data.splits.folds(5)) {
            held += fold.held().size();
            assertThat(fold.train().size() + fold.held().size()).isEqualTo(known);
            assertThat(units(fold.train())).doesNotContainAnyElementsOf(units(fold.held()));
        }
        assertThat(held).isEqualTo(known);
    }

    private static Set<String> units(ImageTextDataset images) {
        Map<String, String> unitOf = new HashMap<>();
        for (Split split : List.of(Split.TRAIN, Split.VALIDATION)) {
            data.splits
                    .dataset(split)
                    .items()
                    .forEach(item -> unitOf.put(item.drawing().toString(), unit(item.drawing())));
        }
        return IntStream.range(0, images.size())
                .mapToObj(i -> Objects.requireNonNull(unitOf.get(images.source(i))))
                .collect(Collectors.toSet());
    }

    @Test
    void splitsHaveTheirStylesAndShares() {
        assertThat(styles(Split.TRAIN))
                .containsExactlyInAnyOrder("noto", "noto1", "twemoji", "emojione2", "fluentflat");
        assertThat(styles(Split.ID_TEST)).isEqualTo(styles(Split.TRAIN));
        assertThat(styles(Split.MONO)).containsExactlyInAnyOrder("fluenthc", "emojionemono", "notofont");
        assertThat(styles(Split.THREE_D)).containsExactly("fluent");
        assertThat(data.splits.dataset(Split.STREAMLINE).size()).isEqualTo(400);
        assertThat(data.splits.dataset(Split.FXEMOJI).size()).isEqualTo(400);
        // 2000 drawings in the five styles: 20 % test, 27 % training, 3 % validation.
        assertThat(data.splits.dataset(Split.ID_TEST).size()).isBetween(320, 480);
        assertThat(data.splits.dataset(Split.TRAIN).size()).isBetween(440, 640);
        assertThat(data.splits.dataset(Split.VALIDATION).size()).isBetween(30, 100);
    }

    @Test
    void heldOutVendorsAndUnseenConceptsAreInNoPretraining() {
        Set<String> unseenWords = new HashSet<>();
        data.catalog.unseen().forEach(concept -> unseenWords.add(concept.label()));
        int icons = 0;
        for (int i = 0; i < pretraining.size(); i++) {
            Drawing drawing = pretraining.drawing(i);
            assertThat(unseenWords).doesNotContain(pretraining.className(pretraining.label(i)));
            if (pretraining.icon(i)) {
                icons++;
                assertThat(IconBenchmark.set(drawing).outOfDistribution()).isFalse();
                assertThat(IconBuckets.mayPretrain(drawing.key(), IconBenchmark.set(drawing)))
                        .isTrue();
            } else {
                assertThat(Style.byId(drawing.set()).vendor().heldOut()).isFalse();
            }
        }
        assertThat(icons).isPositive();
    }

    @Test
    void nearCopiesOfTestsAreTakenOutAndTheCheckPasses() {
        // The icon that all sets draw alike is in a test, so every copy of it had to go.
        assertThat(pretraining.removedNearCopies()).isPositive();
        LeakCheck.Report report = LeakCheck.run(data.catalog, data.splits, data.icons, pretraining);
        assertThat(report.problems()).isEmpty();
        assertThat(report.passed()).isTrue();
        assertThat(report.comparisons()).isPositive();
        report.orThrow();
    }

    @Test
    void theCheckFindsWhatDoesNotBelong() {
        DrawingDataset.Item tested = data.splits.dataset(Split.ID_TEST).items().get(0);
        DrawingDataset.Item heldOut = data.splits.dataset(Split.FXEMOJI).items().get(0);
        DrawingDataset.Item unseen =
                data.splits.unseen(Set.of(Style.NOTO)).items().get(0);
        DrawingDataset.Item pixels =
                ((DrawingDataset) data.icons.pixels()).items().get(3);
        assertThat(leaks(tested, false)).anyMatch(told -> told.contains("both in pre-training and in test"));
        assertThat(leaks(tested, false)).anyMatch(told -> told.contains("looks like"));
        assertThat(leaks(heldOut, false)).anyMatch(told -> told.contains("held-out vendor"));
        assertThat(leaks(unseen, false)).anyMatch(told -> told.contains("unseen concept"));
        assertThat(leaks(pixels, true)).anyMatch(told -> told.contains("for testing only"));
        assertThatThrownBy(() -> new LeakCheck.Report(1, 1, 1, 0, 0, 1, leaks(heldOut, false)).orThrow())
                .isInstanceOf(DataException.class)
                .hasMessageContaining("held-out vendor");
    }

    @Test
    void unseenNamesAreFoundInsideIconNames() {
        UnseenNames names =
                new UnseenNames(List.of(new Concept("1F9F8", "x", "teddy bear", List.of(), "activities", "game")));
        assertThat(names.shownBy(new Drawing("mdi", "teddy-bear", "teddy-bear-2", List.of())))
                .isTrue();
        assertThat(names.shownBy(new Drawing("mdi", "toy", "toy", List.of("big-teddy-bear"))))
                .isTrue();
        assertThat(names.shownBy(new Drawing("mdi", "bear", "bear", List.of()))).isFalse();
        assertThat(names.shownBy(new Drawing("mdi", "teddy-bearing", "teddy-bearing", List.of())))
                .isFalse();
    }

    @Test
    void captionsAreDrawnInTheirSharesAndDependOnlyOnSeedStepAndSample() {
        CounterRandom random = new CounterRandom(5);
        int index = 0;
        String label = pretraining.className(pretraining.label(index));
        int templates = 0;
        int labelled = 0;
        int alone = 0;
        int draws = 20_000;
        for (int sample = 0; sample < draws; sample++) {
            String caption = pretraining.caption(index, random, 3, sample);
            if (!caption.contains(label)) {
                alone++;
            } else if (caption.startsWith(label + ", ")) {
                labelled++;
            } else {
                templates++;
            }
            assertThat(pretraining.caption(index, new CounterRandom(5), 3, sample))
                    .isEqualTo(caption);
        }
        // Three standard deviations are about one percent.
        assertThat(templates / (double) draws).isBetween(0.585, 0.615);
        assertThat(labelled / (double) draws).isBetween(0.235, 0.265);
        assertThat(alone / (double) draws).isBetween(0.135, 0.165);
    }

    @Test
    void unknownNamesAreAnsweredWithThoseThereAre() {
        assertThat(Split.byId("id-test")).isEqualTo(Split.ID_TEST);
        assertThatThrownBy(() -> Split.byId("test"))
                .hasMessageContaining("id-test")
                .hasMessageContaining("streamline");
        assertThat(Style.byId("noto1")).isEqualTo(Style.NOTO1);
        assertThatThrownBy(() -> Style.byId("apple")).hasMessageContaining("twemoji");
    }

    @Test
    void techniquesAndNumbersAreStrippedFromIconNames() {
        assertThat(IconSet.SOLAR.plainName("bell-off-bold-duotone")).isEqualTo("bell-off");
        assertThat(IconSet.FLUENT.plainName("heart-24-filled")).isEqualTo("heart");
        assertThat(IconSet.HUGEICONS.plainName("home-07")).isEqualTo("home");
        assertThat(IconSet.MDI.plainName("bell-ring-outline")).isEqualTo("bell-ring");
        assertThat(IconSet.PH.wants("bell-light")).isFalse();
        assertThat(IconSet.FLUENT.wants("heart-20-filled")).isFalse();
        assertThat(IconSet.TABLER.wants("brand-github")).isFalse();
    }

    private static List<String> leaks(DrawingDataset.Item item, boolean icon) {
        List<PretrainingSet.Source> sources = new ArrayList<>();
        sources.add(new PretrainingSet.Source(item.drawing(), item.file(), item.index(), icon, "a leak", List.of()));
        return LeakCheck.run(data.catalog, data.splits, data.icons, new PretrainingSet(sources, 0))
                .problems();
    }

    private static String unit(Drawing drawing) {
        return drawing.key() + " " + Style.byId(drawing.set()).vendor();
    }

    private static Set<String> styles(Split split) {
        Set<String> styles = new HashSet<>();
        data.splits
                .dataset(split)
                .items()
                .forEach(item -> styles.add(item.drawing().set()));
        return styles;
    }
}
