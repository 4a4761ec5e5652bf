package org.radapter.train.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.radapter.tensor.CounterRandom;

class PairedComparisonTest {
    private static List<String> images(int n) {
        return IntStream.range(0, n).mapToObj(i -> "image " + i).toList();
    }

    private static Outcomes outcomes(String method, long seed, boolean... correct) {
        return new Outcomes(method, "id", seed, images(correct.length), correct);
    }

    /** Right where a number shared by all methods, mixed with one of its own, is small: methods agree in part. */
    private static Outcomes random(String method, long seed, int n, double accuracy) {
        CounterRandom shared = new CounterRandom(99);
        boolean[] correct = new boolean[n];
        for (int i = 0; i < n; i++) {
            double hardness = shared.uniform(0, 0, i);
            double luck = shared.uniform(seed, CounterRandom.site(method), i);
            correct[i] = .7 * hardness + .3 * luck < accuracy;
        }
        return outcomes(method, seed, correct);
    }

    /** Standard error of a mean of numbers known without error in their distribution: √(Σ(v−v̄)²)/n. */
    private static double closedFormError(double[] values) {
        double mean = 0;
        for (double value : values) {
            mean += value / values.length;
        }
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        return Math.sqrt(squares) / values.length;
    }

    private static double[] perImage(List<Outcomes> method, List<Outcomes> baseline) {
        double[] values = new double[method.get(0).correct().length];
        for (int i = 0; i < values.length; i++) {
            for (Outcomes run : method) {
                values[i] += (run.correct()[i] ? 1.0 : 0.0) / method.size();
            }
            for (Outcomes run : baseline) {
                values[i] -= (run.correct()[i] ? 1.0 : 0.0) / baseline.size();
            }
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 7, 100, 900})
    void errorsAndIntervalsAgreeWithClosedForms(int n) {
        List<Outcomes> zeroShot = List.of(random("zero-shot", 0, n, .45));
        List<Outcomes> tuned =
                List.of(random("tuned", 1, n, .55), random("tuned", 2, n, .5), random("tuned", 3, n, .6));
        List<Outcomes> all = new ArrayList<>(zeroShot);
        all.addAll(tuned);
        PairedComparison comparison = PairedComparison.of(all);

        double[] values = perImage(tuned, zeroShot);
        double mean = Arrays.stream(values).sum() / n;
        double error = closedFormError(values);
        Difference difference = comparison.differences().get(0);
        assertThat(comparison.differences()).hasSize(1);
        assertThat(difference.method()).isEqualTo("tuned");
        assertThat(difference.baseline()).isEqualTo("zero-shot");
        assertThat(difference.difference()).isCloseTo(mean, within(1e-12));
        assertThat(difference.standardError()).isCloseTo(error, within(.03 * error + 1e-12));
        if (n >= 100) {
            assertThat(difference.lower()).isCloseTo(mean - 1.96 * error, within(.15 * error));
            assertThat(difference.upper()).isCloseTo(mean + 1.96 * error, within(.15 * error));
        }

        MeanAccuracy accuracy = comparison.accuracies().get(1);
        double[] alone = perImage(tuned, List.of(outcomes("nothing", 0, new boolean[n])));
        assertThat(accuracy.seeds()).isEqualTo(3);
        assertThat(accuracy.accuracy()).isCloseTo(Arrays.stream(alone).sum() / n, within(1e-12));
        assertThat(accuracy.standardError())
                .isCloseTo(closedFormError(alone), within(.03 * closedFormError(alone) + 1e-12));
    }

    @Test
    void aPairOnTheSameImagesIsSurerThanTheTwoAlone() {
        PairedComparison comparison = PairedComparison.of(List.of(random("a", 1, 500, .45), random("b", 1, 500, .5)));
        double alone = Math.hypot(
                comparison.accuracies().get(0).standardError(),
                comparison.accuracies().get(1).standardError());
        assertThat(comparison.differences().get(0).standardError()).isLessThan(.8 * alone);
    }

    @Test
    void theSameOutcomesGiveTheSameFiguresInAnyOrder() {
        List<Outcomes> all = List.of(
                random("a", 1, 200, .45), random("b", 1, 200, .5), random("b", 2, 200, .5), random("b", 3, 200, .6));
        List<Outcomes> reversedSeeds = new ArrayList<>(all.subList(1, 4));
        Collections.reverse(reversedSeeds);
        reversedSeeds.add(0, all.get(0));
        assertThat(PairedComparison.of(all).differences())
                .isEqualTo(PairedComparison.of(all).differences())
                .isEqualTo(PairedComparison.of(reversedSeeds).differences());
        assertThat(PairedComparison.of(all, 10_000, 1).differences())
                .isNotEqualTo(PairedComparison.of(all).differences());
    }

    @Test
    void anotherSplitOrMethodDoesNotChangeADifference() {
        Outcomes a = random("a", 1, 150, .4);
        Outcomes b = random("b", 1, 150, .5);
        Outcomes c = random("c", 1, 150, .3);
        Outcomes far = new Outcomes("a", "far", 1, a.images(), a.correct());
        assertThat(PairedComparison.of(List.of(a, b, c, far)).differences())
                .contains(PairedComparison.of(List.of(a, b)).differences().get(0));
    }

    @Test
    void everyPairOfMethodsIsComparedTheLaterWithTheEarlier() {
        List<Difference> differences = PairedComparison.of(
                        List.of(random("a", 1, 20, .4), random("b", 1, 20, .5), random("c", 1, 20, .6)))
                .differences();
        assertThat(differences.stream().map(d -> d.method() + "-" + d.baseline()))
                .containsExactly("b-a", "c-a", "c-b");
        assertThat(differences.get(1).difference())
                .isCloseTo(differences.get(0).difference() + differences.get(2).difference(), within(1e-12));
        assertThat(differences.get(0).reversed().difference())
                .isEqualTo(-differences.get(0).difference());
        assertThat(differences.get(0).reversed().upper())
                .isEqualTo(-differences.get(0).lower());
    }

    @Test
    void rowsAreTheAccuraciesOfEachRun() {
        assertThat(PairedComparison.of(List.of(outcomes("a", 7, true, false, true, true)))
                        .rows())
                .containsExactly(new AccuracyRow("a", "id", 7, .75, 4));
    }

    @Test
    void oneImageTellsNothingOfTheError() {
        PairedComparison comparison = PairedComparison.of(List.of(outcomes("a", 1, false), outcomes("b", 1, true)));
        Difference difference = comparison.differences().get(0);
        assertThat(difference.difference()).isEqualTo(1);
        assertThat(difference.standardError()).isNaN();
        assertThat(difference.lower()).isNaN();
        assertThat(difference.upper()).isNaN();
        assertThat(comparison.accuracies().get(0).standardError()).isNaN();
    }

    @Test
    void methodsThatAgreeOnEveryImageDifferByExactlyNothing() {
        Outcomes a = random("a", 1, 300, .5);
        Difference difference = PairedComparison.of(List.of(a, outcomes("b", 1, a.correct())))
                .differences()
                .get(0);
        assertThat(difference.difference()).isZero();
        assertThat(difference.standardError()).isZero();
        assertThat(difference.lower()).isZero();
        assertThat(difference.upper()).isZero();
    }

    @Test
    void differentImagesAreRefused() {
        Outcomes a = outcomes("a", 1, true, false);
        assertThatThrownBy(() -> PairedComparison.of(List.of(a, outcomes("b", 1, true, false, true))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("same images")
                .hasMessageContaining("\"b\"")
                .hasMessageContaining("3 images");
        Outcomes others = new Outcomes("b", "id", 1, List.of("image 1", "image 0"), new boolean[2]);
        assertThatThrownBy(() -> PairedComparison.of(List.of(a, others)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("same order");
    }

    @Test
    void badOutcomesAreRefused() {
        assertThatThrownBy(() -> outcomes("a", 1)).hasMessageContaining("no image");
        assertThatThrownBy(() -> new Outcomes("a", "id", 1, images(3), new boolean[2]))
                .hasMessageContaining("3 images but 2 outcomes");
        Outcomes a = outcomes("a", 1, true, false);
        assertThatThrownBy(() -> PairedComparison.of(List.of(a, a))).hasMessageContaining("two outcomes of one seed");
        assertThatThrownBy(() -> PairedComparison.of(List.of(a), 1, 0)).hasMessageContaining("at least 2 resamples");
    }

    @Test
    void poolingPutsImagesOneAfterAnother() {
        Outcomes mono = new Outcomes("a", "mono", 1, List.of("m0", "m1"), new boolean[] {true, false});
        Outcomes line = new Outcomes("a", "line", 1, List.of("l0"), new boolean[] {true});
        Outcomes far = Outcomes.pooled("far", List.of(mono, line));
        assertThat(far.images()).containsExactly("m0", "m1", "l0");
        assertThat(far.correct()).containsExactly(true, false, true);
        assertThat(far.split()).isEqualTo("far");
        assertThatThrownBy(() -> Outcomes.pooled("far", List.of(mono, outcomes("b", 1, true))))
                .hasMessageContaining("cannot pool");
        assertThatThrownBy(() -> Outcomes.pooled("far", List.of())).hasMessageContaining("no parts");
    }
}
