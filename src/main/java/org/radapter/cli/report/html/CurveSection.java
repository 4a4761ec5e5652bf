package org.radapter.cli.report.html;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.CurvePoint;
import org.radapter.cli.report.Figures;
import org.radapter.cli.report.RunResults;
import org.radapter.cli.report.SplitInfo;

/** The α curve as two pictures: OOD against ID, and each accuracy against α. */
final class CurveSection {
    private CurveSection() {}

    static Markup of(RunResults results) {
        Markup html = new Markup();
        if (results.curve().isEmpty()) {
            return html;
        }
        html.open("section", "aria-labelledby", "curve").element("h2", "Between the start and the end", "id", "curve");
        html.open("p").text("α scales what fine-tuning added: ");
        html.element("em", "α = 0")
                .text(" is the model before, ")
                .element("em", "α = 1")
                .text(" all of it. ");
        html.text("One training run gives every point of a curve.").close();
        html.open("div", "class", "pair")
                .add(trade(results))
                .add(alongAlpha(results))
                .close();
        return html.closeLine();
    }

    private static Markup trade(RunResults results) {
        Optional<SplitInfo> id = results.split(SplitInfo.Role.ID);
        Optional<SplitInfo> ood =
                results.split(SplitInfo.Role.FAR_OOD).or(() -> results.split(SplitInfo.Role.NEAR_OOD));
        if (id.isEmpty() || ood.isEmpty()) {
            return new Markup();
        }
        List<LineChart.Series> series = new ArrayList<>();
        List<Figure.Entry> legend = new ArrayList<>();
        Styles styles = Styles.of(results);
        for (String method : methods(results)) {
            List<LineChart.Point> points = tradePoints(results, method, id.get(), ood.get(), series.isEmpty());
            if (!points.isEmpty()) {
                SeriesStyle style = styles.of(method);
                series.add(new LineChart.Series(results.methodLabel(method), style, points));
                legend.add(new Figure.Entry(results.methodLabel(method), style.cssClass(), style));
            }
        }
        if (series.isEmpty()) {
            return new Markup();
        }
        String heading = ood.get().label() + " against " + id.get().label();
        Plot plot = new Plot(
                Scale.around(min(series, true), max(series, true), 6),
                Scale.around(min(series, false), max(series, false), 6),
                id.get().label() + " accuracy (%)",
                ood.get().label() + " accuracy (%)");
        Markup picture = new LineChart(plot, series).draw("trade", heading, describe(series));
        return Figure.of(
                heading,
                picture,
                legend,
                "Numbers at the points are α. Up and to the right is better; the star is "
                        + results.methodLabel(results.focus().baseline()) + ", where every curve begins.");
    }

    private static List<LineChart.Point> tradePoints(
            RunResults results, String method, SplitInfo id, SplitInfo ood, boolean first) {
        List<LineChart.Point> points = new ArrayList<>();
        for (CurvePoint x : pointsOf(results, method, id)) {
            Optional<CurvePoint> y = pointsOf(results, method, ood).stream()
                    .filter(each -> each.alpha() == x.alpha())
                    .findFirst();
            if (y.isPresent()) {
                boolean start = x.alpha() == 0;
                LineChart.Mark mark = start
                        ? first ? LineChart.Mark.STAR : LineChart.Mark.NONE
                        : chosen(results, x) ? LineChart.Mark.EMPHASIZED : LineChart.Mark.PLAIN;
                points.add(new LineChart.Point(
                        100 * x.accuracy(),
                        100 * y.get().accuracy(),
                        0,
                        mark,
                        label(results, x, mark),
                        results.methodLabel(method) + ", α = " + Figures.brief(x.alpha()) + ": " + id.label() + " "
                                + Figures.percent(x.accuracy()) + " %, " + ood.label() + " "
                                + Figures.percent(y.get().accuracy()) + " %"));
            }
        }
        return points;
    }

    private static @Nullable String label(RunResults results, CurvePoint point, LineChart.Mark mark) {
        return switch (mark) {
            case NONE -> null;
            case STAR -> results.methodLabel(results.focus().baseline());
            case EMPHASIZED -> "α = " + Figures.brief(point.alpha());
            case PLAIN -> Figures.brief(point.alpha());
        };
    }

    private static Markup alongAlpha(RunResults results) {
        String method = results.focus().method();
        List<LineChart.Series> series = new ArrayList<>();
        List<Figure.Entry> legend = new ArrayList<>();
        for (SplitInfo split : results.splits()) {
            List<LineChart.Point> points = pointsOf(results, method, split).stream()
                    .map(point -> alphaPoint(results, split, point))
                    .toList();
            if (!points.isEmpty() && split.role() != SplitInfo.Role.OTHER) {
                SeriesStyle style = new SeriesStyle(series.size());
                String shade = "shade" + Math.min(series.size(), 2);
                series.add(new LineChart.Series(split.label(), style, points));
                legend.add(new Figure.Entry(split.label(), shade, style));
            }
        }
        if (series.isEmpty()) {
            return new Markup();
        }
        String heading = results.methodLabel(method) + ": accuracy against α";
        Plot plot = new Plot(
                Scale.exactly(Math.min(0, min(series, true)), Math.max(1, max(series, true)), 5),
                Scale.around(min(series, false), max(series, false), 6),
                "α (0: before fine-tuning, 1: all of it)",
                "accuracy (%)");
        Markup picture = new Markup()
                .open("div", "class", "shades")
                .add(new LineChart(plot, series).draw("alpha", heading, describe(series)))
                .close();
        return Figure.of(
                heading,
                picture,
                legend,
                "Large markers: α = " + Figures.brief(results.focus().alpha())
                        + ", the model of the table. Bars are one standard error.");
    }

    private static LineChart.Point alphaPoint(RunResults results, SplitInfo split, CurvePoint point) {
        return new LineChart.Point(
                point.alpha(),
                100 * point.accuracy(),
                100 * point.standardError(),
                chosen(results, point) ? LineChart.Mark.EMPHASIZED : LineChart.Mark.PLAIN,
                null,
                split.label() + ", α = " + Figures.brief(point.alpha()) + ": " + Figures.percent(point.accuracy())
                        + " %");
    }

    private static boolean chosen(RunResults results, CurvePoint point) {
        return point.method().equals(results.focus().method())
                && Math.abs(point.alpha() - results.focus().alpha()) < 1e-9;
    }

    private static List<String> methods(RunResults results) {
        return results.curve().stream()
                .map(CurvePoint::method)
                .distinct()
                .sorted(Comparator.comparing(
                        (String method) -> !method.equals(results.focus().method())))
                .toList();
    }

    /** The points of a curve by α; one that does not begin at α = 0 begins with the baseline. */
    private static List<CurvePoint> pointsOf(RunResults results, String method, SplitInfo split) {
        List<CurvePoint> points = results.curve().stream()
                .filter(each -> each.method().equals(method) && each.split().equals(split.name()))
                .sorted(Comparator.comparingDouble(CurvePoint::alpha))
                .collect(Collectors.toCollection(ArrayList::new));
        if (!points.isEmpty() && points.stream().noneMatch(each -> each.alpha() == 0)) {
            results.accuracy(results.focus().baseline(), split.name())
                    .ifPresent(mean -> points.add(
                            0, new CurvePoint(method, 0, split.name(), mean.accuracy(), mean.standardError())));
        }
        return points;
    }

    private static String describe(List<LineChart.Series> series) {
        StringBuilder text = new StringBuilder();
        for (LineChart.Series each : series) {
            for (LineChart.Point point : each.points()) {
                text.append(point.tooltip()).append(". ");
            }
        }
        return text.toString().strip();
    }

    private static double min(List<LineChart.Series> series, boolean horizontal) {
        return series.stream()
                .flatMap(each -> each.points().stream())
                .mapToDouble(p -> horizontal ? p.x() : p.y() - Math.max(0, p.error()))
                .filter(Double::isFinite)
                .min()
                .orElse(0);
    }

    private static double max(List<LineChart.Series> series, boolean horizontal) {
        return series.stream()
                .flatMap(each -> each.points().stream())
                .mapToDouble(p -> horizontal ? p.x() : p.y() + Math.max(0, p.error()))
                .filter(Double::isFinite)
                .max()
                .orElse(1);
    }
}
