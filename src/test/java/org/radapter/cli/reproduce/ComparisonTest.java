package org.radapter.cli.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.radapter.cli.report.html.ComparisonPage;
import org.radapter.cli.reproduce.Comparison.Column;
import org.radapter.cli.reproduce.Comparison.Entry;
import org.radapter.cli.reproduce.Comparison.Line;
import org.radapter.cli.reproduce.ResultRow.Chosen;
import org.radapter.task.Score;

class ComparisonTest {
    private static final Column ID = new Column("id", "top-1");
    private static final Column MEAN = new Column("harmonic-mean", "top-1");

    private static ResultRow row(String task, String method, long seed, Score score, double alpha, Chosen chosen) {
        return new ResultRow(
                new ResultRow.Cell(task, method, seed),
                score,
                alpha,
                chosen,
                new ResultRow.Cost(150, 10, seed, 1 << 20));
    }

    private static boolean[] firstRight(int right) {
        boolean[] items = new boolean[40];
        for (int i = 0; i < right; i++) {
            items[i] = true;
        }
        return items;
    }

    private static List<ResultRow> rows() {
        List<ResultRow> rows = new ArrayList<>();
        for (long seed = 1; seed <= 3; seed++) {
            for (String method : List.of("zero-shot", "r-adapter")) {
                boolean adapter = method.equals("r-adapter");
                Chosen chosen = adapter ? Chosen.FIXED : Chosen.NONE;
                double alpha = adapter ? .5 : 1;
                Score id = Score.share("id", "top-1", firstRight(adapter ? 30 : 10));
                rows.add(row("base-to-novel", method, seed, id, alpha, chosen));
                rows.add(row(
                        "base-to-novel",
                        method,
                        seed,
                        Score.of("harmonic-mean", "top-1", adapter ? .5 + .1 * seed : .4),
                        alpha,
                        chosen));
                rows.add(row("base-to-novel", method, seed, Score.of("validation", "top-1", .9), alpha, chosen));
            }
            rows.add(row("full-shot", "r-adapter", seed, Score.share("id", "top-1", firstRight(20)), .2, Chosen.CURVE));
            rows.add(row("full-shot", "r-adapter", seed, Score.share("id", "top-1", firstRight(24)), 1, Chosen.CURVE));
        }
        for (double alpha : new double[] {.2, 1}) {
            rows.add(row(
                    "full-shot", "r-adapter", 1, Score.share("far-ood", "top-1", firstRight(8)), alpha, Chosen.CURVE));
        }
        return rows;
    }

    private static Entry entry(Comparison.Table table, String method, Chosen chosen, Column column) {
        return Objects.requireNonNull(table.entry(new Line(method, chosen), column));
    }

    @Test
    void sharesOfImagesAreComparedOnTheSameImages() {
        Comparison.Table table = new Comparison(rows()).tables().get(1);
        assertThat(table.task()).isEqualTo("base-to-novel");
        assertThat(table.columns()).containsExactly(ID, MEAN);
        assertThat(table.lines()).containsExactly(new Line("zero-shot", Chosen.NONE), Line.REFERENCE);
        Entry zeroShot = entry(table, "zero-shot", Chosen.NONE, ID);
        assertThat(zeroShot.mean()).isEqualTo(.25);
        assertThat(zeroShot.seeds()).isEqualTo(3);
        // a share of a quarter over 40 images: √(p(1−p)/n) = .068
        assertThat(zeroShot.halfWidth()).isCloseTo(1.96 * .0685, within(.01));
        Comparison.Change change = Objects.requireNonNull(zeroShot.change());
        assertThat(change.difference()).isEqualTo(-.5);
        assertThat(change.isReal()).isTrue();
        assertThat(entry(table, "r-adapter", Chosen.FIXED, ID).change()).isNull();
    }

    /** Seeds that are right on 20, 24 and 28 of 40 images: .5, .6, .7, so deviation .1 and 4.303 · .1 / √3 = .248. */
    @Test
    void intervalsHoldTheSpreadBetweenSeedsToo() {
        List<ResultRow> rows = new ArrayList<>();
        for (int seed = 1; seed <= 3; seed++) {
            Score adapter = Score.share("id", "top-1", firstRight(16 + 4 * seed));
            rows.add(row("full-shot", "r-adapter", seed, adapter, .5, Chosen.FIXED));
            rows.add(row("full-shot", "zero-shot", seed, Score.share("id", "top-1", firstRight(10)), 1, Chosen.NONE));
        }
        Comparison.Table table = new Comparison(rows).tables().get(0);
        double images = Math.sqrt(.25 * .75 / 40) * 1.96;
        assertThat(entry(table, "zero-shot", Chosen.NONE, ID).halfWidth()).isCloseTo(images, within(.01));
        assertThat(entry(table, "r-adapter", Chosen.FIXED, ID).halfWidth()).isBetween(.26, .32);
        Comparison.Change change = Objects.requireNonNull(
                entry(table, "zero-shot", Chosen.NONE, ID).change());
        assertThat(change.difference()).isCloseTo(-.35, within(1e-9));
        assertThat(change.upper() - change.difference()).isBetween(.26, .32);
    }

    /** .6, .7, .8: deviation .1, Student's 4.303 with two degrees of freedom. */
    @Test
    void otherFiguresHaveStudentsIntervalOverSeeds() {
        Comparison.Table table = new Comparison(rows()).tables().get(1);
        Entry adapter = entry(table, "r-adapter", Chosen.FIXED, MEAN);
        assertThat(adapter.mean()).isCloseTo(.7, within(1e-12));
        assertThat(adapter.halfWidth()).isCloseTo(4.303 * .1 / Math.sqrt(3), within(1e-9));
        Comparison.Change change = Objects.requireNonNull(
                entry(table, "zero-shot", Chosen.NONE, MEAN).change());
        assertThat(change.difference()).isCloseTo(-.3, within(1e-12));
        assertThat(change.isReal()).isTrue();
        assertThat(Comparison.halfWidth(List.of(.5))).isNaN();
    }

    @Test
    void beyondTheTableStudentsQuantileIsTheSeries() {
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < 21; i++) {
            values.add(i % 2 == 0 ? 1.0 : 0.0);
        }
        double deviation = Math.sqrt((11.0 * 10 / 21) / 20);
        assertThat(Comparison.halfWidth(values)).isCloseTo(2.086 * deviation / Math.sqrt(21), within(1e-4));
    }

    @Test
    void theCurveIsOfEveryAlphaInOrder() {
        assertThat(new Comparison(rows()).curve("full-shot", "r-adapter", ID))
                .containsExactly(new Comparison.Point("r-adapter", .2, .5), new Comparison.Point("r-adapter", 1, .6));
    }

    @Test
    void tablesAndPageShowEveryMethod() {
        Comparison comparison = new Comparison(rows());
        String text = ComparisonText.of(comparison);
        assertThat(text)
                .contains("## base-to-novel", "| zero-shot | 25.0 ± ", "(−50.0\\*)", "| r-adapter, α as published |");
        String page = ComparisonPage.of(
                comparison,
                "model abc",
                List.of(new ComparisonPage.Shown("segmentation", "r-adapter", new byte[] {1, 2, 3})));
        assertThat(page).contains("data:image/png;base64,AQID", "segmentation by r-adapter");
        assertThat(page)
                .startsWith("<!DOCTYPE html>")
                .contains("model abc", "▼ −50.0", "r-adapter, α as published", "<svg")
                .doesNotContain("<script");
    }
}
