package org.radapter.cli.report.html;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.Figures;
import org.radapter.cli.reproduce.Comparison;
import org.radapter.cli.reproduce.Comparison.Change;
import org.radapter.cli.reproduce.Comparison.Column;
import org.radapter.cli.reproduce.Comparison.Entry;
import org.radapter.cli.reproduce.Comparison.Line;
import org.radapter.cli.reproduce.Comparison.Table;
import org.radapter.task.EmojiTasks;
import org.radapter.task.method.Recipes;
import org.radapter.weights.AtomicFiles;

/** {@code report.html} of a comparison of methods: pictures, tables and costs on one page without scripts. */
public final class ComparisonPage {
    private static final Column ID = new Column("id", "top-1");
    private static final Column FAR = new Column("far-ood", "top-1");
    private static final List<String> LINES =
            List.of(Recipes.R_ADAPTER, "wise-ft", "lora", "flyp", "r-adapter-low-rank");
    private static final List<String> SHOT_METHODS =
            List.of(Recipes.R_ADAPTER, "r-adapter-low-rank", "wise-ft", "tip-adapter", "lora");
    private static final double MEBIBYTE = 1 << 20;

    private ComparisonPage() {}

    /**
     * What one method's model shows. The bytes are shared, not copied; treat them as read-only.
     *
     * @param task where
     * @param method whose
     * @param png the picture, encoded
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Shown(String task, String method, byte[] png) {}

    /**
     * Writes the page, replacing an older one in one go.
     *
     * @param conditions under which all was computed
     * @param shown pictures, in the order of the page
     * @throws IOException if it cannot be written
     */
    public static void write(Path file, Comparison comparison, String conditions, List<Shown> shown)
            throws IOException {
        AtomicFiles.writeString(file, of(comparison, conditions, shown));
    }

    /** The page as text. */
    public static String of(Comparison comparison, String conditions, List<Shown> shown) {
        Markup html = ReportPage.begin("R-Adapter and other methods on the paper's tasks");
        html.open("header").element("p", "Comparison of methods", "class", "kicker");
        html.element("h1", "R-Adapter and other methods on the paper's tasks.");
        html.element("p", conditions.strip(), "class", "lede").closeLine();
        html.open("main").add(pictures(comparison));
        comparison.tables().forEach(table -> html.add(section(table)));
        if (!shown.isEmpty()) {
            html.add(shown(shown));
        }
        html.add(costs(comparison)).closeLine();
        return "<!DOCTYPE html>\n" + html.closeLine().closeLine();
    }

    private static Markup pictures(Comparison comparison) {
        Markup html = new Markup().open("section").open("div", "class", "pair");
        html.add(trade(comparison))
                .add(shots(comparison, "shots", EmojiTasks.FEW_SHOT))
                .add(shots(comparison, "icon-shots", EmojiTasks.ICON_SHOT));
        return html.close().closeLine();
    }

    /** One curve over α a method: far out of distribution against in distribution. */
    private static Markup trade(Comparison comparison) {
        List<LineChart.Series> series = new ArrayList<>();
        addStart(series, comparison);
        for (String method : LINES) {
            List<LineChart.Point> points = new ArrayList<>();
            List<Comparison.Point> x = comparison.curve(EmojiTasks.FULL_SHOT, method, ID);
            List<Comparison.Point> y = comparison.curve(EmojiTasks.FULL_SHOT, method, FAR);
            for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
                points.add(point(
                        x.get(i).value(),
                        y.get(i).value(),
                        LineChart.Mark.PLAIN,
                        method,
                        x.get(i).alpha()));
            }
            add(series, method, points);
        }
        return figure(
                "trade",
                "Far OOD against ID, full-shot",
                "ID accuracy (%)",
                "far OOD accuracy (%)",
                series,
                "Each curve is one method over α; up and to the right is better.");
    }

    private static void addStart(List<LineChart.Series> series, Comparison comparison) {
        List<Comparison.Point> x = comparison.curve(EmojiTasks.FULL_SHOT, "zero-shot", ID);
        List<Comparison.Point> y = comparison.curve(EmojiTasks.FULL_SHOT, "zero-shot", FAR);
        if (!x.isEmpty() && !y.isEmpty()) {
            add(
                    series,
                    "zero-shot",
                    List.of(point(x.get(0).value(), y.get(0).value(), LineChart.Mark.STAR, "zero-shot", 0)));
        }
    }

    private static LineChart.Point point(double x, double y, LineChart.Mark mark, String method, double alpha) {
        boolean star = mark == LineChart.Mark.STAR;
        return new LineChart.Point(
                100 * x,
                100 * y,
                0,
                mark,
                star ? method : Figures.brief(alpha),
                method + ", α = " + Figures.brief(alpha) + ": " + Figures.percent(x) + " %, " + Figures.percent(y)
                        + " %");
    }

    /** Accuracy in distribution against the number of shots, of the tasks whose names begin like this. */
    private static Markup shots(Comparison comparison, String id, String family) {
        List<LineChart.Series> series = new ArrayList<>();
        for (String method : SHOT_METHODS) {
            List<LineChart.Point> points = new ArrayList<>();
            for (Table table : comparison.tables()) {
                if (table.task().startsWith(family)) {
                    int shots = Integer.parseInt(table.task().substring(family.length()));
                    Line line = table.lines().stream()
                            .filter(each -> each.method().equals(method))
                            .reduce((first, second) -> first)
                            .orElse(Line.REFERENCE);
                    Entry entry = line.method().equals(method) ? table.entry(line, ID) : null;
                    if (entry != null) {
                        points.add(new LineChart.Point(
                                shots,
                                100 * entry.mean(),
                                100 * entry.halfWidth(),
                                LineChart.Mark.PLAIN,
                                null,
                                method + ", " + shots + " shots: " + Figures.percent(entry.mean()) + " %"));
                    }
                }
            }
            add(series, method, points);
        }
        return figure(
                id,
                "ID against shots, " + family + "…",
                "drawings a class",
                "ID accuracy (%)",
                series,
                "Bars are intervals of 95 % over images.");
    }

    private static void add(List<LineChart.Series> series, String name, List<LineChart.Point> points) {
        if (!points.isEmpty()) {
            series.add(new LineChart.Series(name, new SeriesStyle(series.size()), points));
        }
    }

    private static Markup figure(
            String id, String heading, String xName, String yName, List<LineChart.Series> series, String note) {
        if (series.isEmpty()) {
            return new Markup();
        }
        List<LineChart.Point> all =
                series.stream().flatMap(each -> each.points().stream()).toList();
        Plot plot = new Plot(
                Scale.around(
                        all.stream().mapToDouble(LineChart.Point::x).min().orElse(0),
                        all.stream().mapToDouble(LineChart.Point::x).max().orElse(1),
                        6),
                Scale.around(
                        all.stream()
                                .mapToDouble(p -> p.y() - zeroIfUnknown(p.error()))
                                .min()
                                .orElse(0),
                        all.stream()
                                .mapToDouble(p -> p.y() + zeroIfUnknown(p.error()))
                                .max()
                                .orElse(1),
                        6),
                xName,
                yName);
        List<Figure.Entry> legend = series.stream()
                .map(each -> new Figure.Entry(each.name(), each.style().cssClass(), each.style()))
                .toList();
        return Figure.of(heading, new LineChart(plot, series).draw(id, heading, heading), legend, note);
    }

    private static double zeroIfUnknown(double error) {
        return Double.isNaN(error) ? 0 : error;
    }

    private static Markup section(Table table) {
        Markup html = new Markup().open("section").element("h2", Figures.capitalized(table.task()));
        html.open(
                "div", "class", "scroll", "role", "region", "tabindex", "0", "aria-label", "Table of " + table.task());
        html.open("table", "class", "runs").open("thead").open("tr").element("th", "%", "scope", "col");
        table.columns().forEach(column -> html.element("th", column.label(), "scope", "col"));
        html.close().close().open("tbody");
        for (Line line : table.lines()) {
            html.open("tr").element("th", line.label(), "scope", "row");
            table.columns().forEach(column -> html.add(cell(table.entry(line, column))));
            html.closeLine();
        }
        html.close().close().close();
        html.element(
                "p",
                "Means over seeds, ± half of the interval of 95 %; below, the change against R-Adapter at the paper's α"
                        + " on the same images: ▲ and ▼ where its interval leaves zero out, ≈ where not.",
                "class",
                "note");
        return html.closeLine();
    }

    private static Markup cell(@Nullable Entry entry) {
        Markup html = new Markup().open("td");
        if (entry == null) {
            return html.text("–").close();
        }
        html.element("span", Figures.percent(entry.mean()), "class", "figure");
        if (!Double.isNaN(entry.halfWidth())) {
            html.element("span", " ± " + Figures.percent(entry.halfWidth()), "class", "error");
        }
        Change change = entry.change();
        if (change != null) {
            String kind = !change.isReal() ? "same" : change.difference() > 0 ? "up" : "down";
            String arrow = !change.isReal() ? "≈ " : change.difference() > 0 ? "▲ " : "▼ ";
            html.element("span", arrow + Figures.points(change.difference()), "class", "change " + kind);
        }
        return html.close();
    }

    private static Markup shown(List<Shown> shown) {
        Markup html = new Markup().open("section").element("h2", "What the models see");
        html.element(
                "p",
                "Scenes in distribution and far out of it; below them the classes of their pixels, a colour each, and what the"
                        + " model paints. Grey is background.",
                "class",
                "note");
        for (Shown each : shown) {
            html.open("figure").element("figcaption", each.method() + ", " + each.task());
            html.lone(
                    "img",
                    "src",
                    "data:image/png;base64," + Base64.getEncoder().encodeToString(each.png()),
                    "alt",
                    each.task() + " by " + each.method(),
                    "style",
                    "max-width: 100%");
            html.close();
        }
        return html.closeLine();
    }

    private static Markup costs(Comparison comparison) {
        Markup html = new Markup().open("section").element("h2", "What learning takes");
        html.open("div", "class", "scroll", "role", "region", "tabindex", "0", "aria-label", "Table of costs");
        html.open("table", "class", "runs").open("thead").open("tr");
        for (String head : List.of("Method", "task", "steps", "trained numbers", "seconds", "MiB in a step")) {
            html.element("th", head, "scope", "col");
        }
        html.close().close().open("tbody");
        for (Comparison.Cost cost : comparison.costs()) {
            html.open("tr").element("th", cost.method(), "scope", "row").element("td", cost.task());
            html.element("td", String.format(Locale.ROOT, "%.0f", cost.steps()));
            html.element("td", String.format(Locale.ROOT, "%,.0f", cost.trainedParameters()));
            html.element("td", Figures.decimal(cost.seconds(), 1));
            html.element("td", Figures.decimal(cost.peakBytes() / MEBIBYTE, 1)).closeLine();
        }
        return html.close().close().close().closeLine();
    }
}
