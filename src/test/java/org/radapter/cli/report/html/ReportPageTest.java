package org.radapter.cli.report.html;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.radapter.cli.report.CurvePoint;
import org.radapter.cli.report.Example;
import org.radapter.cli.report.LossCurve;
import org.radapter.cli.report.MethodInfo;
import org.radapter.cli.report.RunDescription;
import org.radapter.cli.report.RunResults;
import org.radapter.cli.report.SampleRun;
import org.radapter.cli.report.SplitInfo;
import org.radapter.data.Credit;
import org.radapter.train.statistics.MeanAccuracy;
import org.radapter.train.statistics.Outcomes;
import org.radapter.train.statistics.PairedComparison;

class ReportPageTest {
    private static final String HOSTILE = "<script>alert('1')</script>\"&\u0000";

    private static List<String> all(String page, String pattern) {
        return Pattern.compile(pattern, Pattern.DOTALL)
                .matcher(page)
                .results()
                .map(MatchResult::group)
                .toList();
    }

    private static RunResults hostile() {
        List<Outcomes> outcomes = new ArrayList<>();
        for (String method : List.of("zero", HOSTILE)) {
            outcomes.add(new Outcomes(method, "id", 1, List.of("x", "y"), new boolean[] {true, false}));
        }
        Map<String, String> words = Map.of(HOSTILE, HOSTILE);
        SplitInfo split = new SplitInfo("id", HOSTILE, SplitInfo.Role.ID, HOSTILE);
        return RunResults.of(
                        new RunDescription(HOSTILE, HOSTILE, HOSTILE, words, words, words),
                        new RunResults.Focus(HOSTILE, "zero", .5),
                        List.of(new MethodInfo("zero", HOSTILE, HOSTILE), new MethodInfo(HOSTILE, HOSTILE, "")),
                        List.of(split),
                        PairedComparison.of(outcomes, 10, 0))
                .withCurve(List.of(new CurvePoint(HOSTILE, 1, "id", .5, Double.NaN)))
                .withLosses(List.of(new LossCurve(HOSTILE, 1, List.of(new LossCurve.Point(0, 1, 0)))))
                .withExamples(List.of(new Example(new byte[] {1}, HOSTILE, HOSTILE, "x", "id")))
                .withCredits(List.of(new Credit(HOSTILE, HOSTILE, HOSTILE, HOSTILE, "javascript:alert(1)")));
    }

    @Test
    void nothingIsFetchedAndNothingRuns() {
        String page = ReportPage.of(SampleRun.results());
        assertThat(all(page, "<(script|iframe|object|embed|link|base)[^>]*>"))
                .containsExactly("<link rel=\"icon\" href=\"data:,\">");
        assertThat(all(page, "src=\"[^\"]{0,22}"))
                .isNotEmpty()
                .allMatch(src -> src.startsWith("src=\"data:image/png;"));
        assertThat(page).doesNotContain("url(").doesNotContain("@import");
        assertThat(all(page, "<[^>]* on[a-z]+=")).isEmpty();
        assertThat(page).contains("Content-Security-Policy").contains("default-src &#39;none&#39;");
    }

    @Test
    void everyTextIsEscaped() {
        String page = ReportPage.of(hostile());
        assertThat(page).doesNotContain("<script").doesNotContain("\u0000").doesNotContain("href=\"javascript");
        assertThat(page).contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;\uFFFD");
    }

    @Test
    void picturesAreWellFormedAndSayWhatTheyShow() throws Exception {
        for (RunResults results : List.of(SampleRun.results(), hostile())) {
            List<String> pictures = all(ReportPage.of(results), "<svg class=\"chart\".*?</svg>");
            assertThat(pictures).hasSizeGreaterThanOrEqualTo(4);
            for (String picture : pictures) {
                assertThat(picture)
                        .contains("role=\"img\"")
                        .doesNotContain("NaN")
                        .doesNotContain("Infinity");
                assertThat(all(picture, "class=\"name middle\"")).isNotEmpty();
                assertThat(all(picture, "class=\"tick middle\"").size()).isGreaterThan(1);
                assertThat(DocumentBuilderFactory.newInstance()
                                .newDocumentBuilder()
                                .parse(new ByteArrayInputStream(picture.getBytes(StandardCharsets.UTF_8)))
                                .getElementsByTagName("title")
                                .getLength())
                        .isPositive();
            }
        }
    }

    @Test
    void everyReferenceWithinThePageHasItsTarget() {
        String page = ReportPage.of(SampleRun.results());
        List<String> ids = all(page, "(?<= id=\")[^\"]+");
        assertThat(new HashSet<>(ids)).hasSameSizeAs(ids);
        for (String references : all(page, "(?<=aria-labelledby=\")[^\"]+")) {
            assertThat(ids).contains(references.split(" "));
        }
    }

    @Test
    void theHeadlineAndTheFiguresAreThoseOfTheRun() {
        String page = ReportPage.of(SampleRun.results());
        assertThat(page).contains("ID accuracy rose by 3.6\u00a0±\u00a00.9 points");
        assertThat(page)
                .contains("▲ +3.6\u00a0±\u00a00.9")
                .contains("▼ −7.2\u00a0±\u00a00.8")
                .contains("402 images");
        assertThat(page).contains("far OOD accuracy (%)").contains("α = 0.5").contains("loss (nats)");
        assertThat(all(page, "<li><img ")).hasSize(18);
    }

    @Test
    void aCurveWithoutItsStartBeginsAtTheBaseline() {
        RunResults whole = SampleRun.results();
        List<CurvePoint> withoutStart =
                whole.curve().stream().filter(point -> point.alpha() > 0).toList();
        assertThat(ReportPage.of(whole.withCurve(withoutStart)))
                .isEqualTo(pageWithBaselineAtStart(whole, withoutStart));
    }

    private static String pageWithBaselineAtStart(RunResults whole, List<CurvePoint> withoutStart) {
        List<CurvePoint> points = new ArrayList<>(withoutStart);
        for (String method : List.of("r-adapter", "plain-adapter", "full")) {
            for (SplitInfo split : whole.splits()) {
                MeanAccuracy start = whole.accuracy("zero-shot", split.name()).orElseThrow();
                points.add(new CurvePoint(method, 0, split.name(), start.accuracy(), start.standardError()));
            }
        }
        return ReportPage.of(whole.withCurve(points));
    }

    @Test
    void whatThereIsNothingOfIsLeftOut() {
        String page = ReportPage.of(SampleRun.bare());
        assertThat(page).contains("Before and after");
        assertThat(page).doesNotContain("id=\"curve\"").doesNotContain("id=\"training\"");
        assertThat(page).doesNotContain("id=\"examples\"").doesNotContain("id=\"credits\"");
    }
}
