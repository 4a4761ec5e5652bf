package org.radapter.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.radapter.train.statistics.Difference;

class VerdictTest {
    private static final List<SplitInfo> SPLITS = List.of(
            new SplitInfo("id", "ID", SplitInfo.Role.ID, ""),
            new SplitInfo("near", "near OOD", SplitInfo.Role.NEAR_OOD, ""),
            new SplitInfo("far", "far OOD", SplitInfo.Role.FAR_OOD, ""));

    private static Difference change(String method, String split, double points, double error) {
        return new Difference(
                split,
                method,
                "zero-shot",
                points / 100,
                error / 100,
                (points - error) / 100,
                (points + error) / 100,
                9);
    }

    private static Verdict verdict(List<SplitInfo> splits, List<Difference> differences) {
        return Verdict.of(new RunResults(
                new RunDescription("", "", "", Map.of(), Map.of(), Map.of()),
                new RunResults.Focus("tuned", "zero-shot", .5),
                List.of(
                        new MethodInfo("zero-shot", "zero-shot", ""),
                        new MethodInfo("tuned", "R-Adapter", ""),
                        new MethodInfo("plain", "plain adapter", "")),
                splits,
                List.of(),
                List.of(),
                differences,
                List.of(),
                List.of(),
                List.of(),
                List.of()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            3.1  | 0.8 | 0.2  | 0.7 | ID accuracy rose by 3.1 ± 0.8 points; far OOD did not fall (+0.2 ± 0.7)
            1.0  | 0.8 | 0.0  | 0.7 | ID accuracy probably rose by 1.0 ± 0.8 points; far OOD did not fall (0.0 ± 0.7)
            0.5  | 0.8 | -0.5 | 0.7 | ID accuracy did not change measurably (+0.5 ± 0.8); far OOD did not fall measurably (−0.5 ± 0.7)
            -4.0 | 0.8 | -1.0 | 0.7 | ID accuracy fell by 4.0 ± 0.8 points; far OOD probably fell by 1.0 ± 0.7 points
            0.0  | 0.0 | 2.0  | 0.7 | ID accuracy did not change measurably (0.0 ± 0.0); far OOD rose by 2.0 ± 0.7 points
            """)
    void wordsFollowTheFigures(double id, double idError, double far, double farError, String words) {
        assertThat(verdict(SPLITS, List.of(change("tuned", "id", id, idError), change("tuned", "far", far, farError)))
                        .headline())
                .isEqualTo(words);
    }

    @Test
    void otherMethodsGetASentenceEach() {
        Verdict verdict = verdict(
                SPLITS,
                List.of(
                        change("tuned", "id", 3, 1),
                        change("plain", "id", -2.5, .9),
                        change("plain", "far", -7.2, .8)));
        assertThat(verdict.headline()).isEqualTo("ID accuracy rose by 3.0 ± 1.0 points");
        assertThat(verdict.comparisons())
                .containsExactly(
                        "Plain adapter: ID accuracy fell by 2.5 ± 0.9 points; far OOD fell by 7.2 ± 0.8 points");
    }

    @Test
    void aDifferenceTheOtherWayRoundIsTurned() {
        Difference reversed = change("tuned", "id", 3, 1).reversed();
        assertThat(verdict(SPLITS, List.of(reversed)).headline()).isEqualTo("ID accuracy rose by 3.0 ± 1.0 points");
    }

    @Test
    void nearStandsInForFarAndOneImageProvesNothing() {
        assertThat(verdict(SPLITS.subList(0, 2), List.of(change("tuned", "id", 3, 1), change("tuned", "near", 3, 1)))
                        .headline())
                .endsWith("near OOD rose by 3.0 ± 1.0 points");
        assertThat(verdict(SPLITS, List.of(change("tuned", "id", 100, Double.NaN)))
                        .headline())
                .isEqualTo("ID accuracy did not change measurably (+100.0)");
        assertThat(verdict(SPLITS, List.of()).headline()).isEqualTo("Nothing was compared");
        List<SplitInfo> own = List.of(new SplitInfo("test", "test", SplitInfo.Role.OTHER, ""));
        assertThat(verdict(own, List.of(change("tuned", "test", 3, 1))).headline())
                .isEqualTo("Test accuracy rose by 3.0 ± 1.0 points");
    }
}
