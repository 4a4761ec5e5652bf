package org.radapter.cli.report.html;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A picture of series of points joined by lines.
 *
 * @param plot the frame
 * @param series drawn in order, later ones on top
 */
record LineChart(Plot plot, List<Series> series) {
    private static final double MARKER = 4.2;
    private static final double EMPHASIZED = 6.6;

    /**
     * One line of points.
     *
     * @param name in the legend
     * @param style colour, marker, dashes
     * @param points joined in this order
     */
    record Series(String name, SeriesStyle style, List<Point> points) {}

    /**
     * One point.
     *
     * @param x value
     * @param y value
     * @param error half height of the bar around it; 0 or NaN for none
     * @param mark how it is marked
     * @param label beside it, dropped where there is no room; null for none
     * @param tooltip all that is known of it
     */
    record Point(
            double x,
            double y,
            double error,
            Mark mark,
            @Nullable String label,
            String tooltip) {}

    /** How a point is marked; labels of later kinds find their place first, then those of later points. */
    enum Mark {
        NONE,
        PLAIN,
        EMPHASIZED,
        STAR
    }

    private record Labelled(Series series, Point point, String label) {}

    /** The picture. */
    Markup draw(String id, String title, String description) {
        Markup svg = plot.begin(id, title, description);
        for (Series each : series) {
            svg.open("g", "class", each.style.cssClass());
            drawErrors(svg, each);
            drawLine(svg, each);
            svg.closeLine();
        }
        for (Series each : series) {
            svg.open("g", "class", each.style.cssClass());
            each.points.forEach(point -> drawMark(svg, each.style, point));
            svg.closeLine();
        }
        drawLabels(svg);
        return svg.closeLine();
    }

    private void drawLine(Markup svg, Series one) {
        StringBuilder points = new StringBuilder();
        for (Point point : one.points) {
            points.append(Plot.number(plot.px(point.x)))
                    .append(',')
                    .append(Plot.number(plot.py(point.y)))
                    .append(' ');
        }
        svg.empty(
                "polyline", "class", "line", "points", points.toString().strip(), "stroke-dasharray", one.style.dash());
    }

    private void drawErrors(Markup svg, Series one) {
        for (Point point : one.points) {
            if (point.error > 0) {
                String x = Plot.number(plot.px(point.x));
                svg.empty(
                        "line",
                        "class",
                        "error",
                        "x1",
                        x,
                        "x2",
                        x,
                        "y1",
                        Plot.number(plot.py(point.y - point.error)),
                        "y2",
                        Plot.number(plot.py(point.y + point.error)));
            }
        }
    }

    private void drawMark(Markup svg, SeriesStyle style, Point point) {
        if (point.mark == Mark.NONE) {
            return;
        }
        double x = plot.px(point.x);
        double y = plot.py(point.y);
        svg.open("g").element("title", point.tooltip);
        svg.add(point.mark == Mark.STAR ? SeriesStyle.star(x, y, size(point) + 2) : style.marker(x, y, size(point)));
        svg.close();
    }

    private static double size(Point point) {
        return point.mark == Mark.PLAIN ? MARKER : EMPHASIZED;
    }

    private void drawLabels(Markup svg) {
        LabelPlacer placer = new LabelPlacer();
        List<Labelled> labels = new ArrayList<>();
        for (Series each : series) {
            for (int i = each.points.size() - 1; i >= 0; i--) {
                Point point = each.points.get(i);
                if (point.mark != Mark.NONE) {
                    placer.marker(plot.px(point.x), plot.py(point.y), size(point));
                }
                if (i > 0) {
                    Point before = each.points.get(i - 1);
                    placer.line(plot.px(before.x), plot.py(before.y), plot.px(point.x), plot.py(point.y));
                }
                if (point.label != null) {
                    labels.add(new Labelled(each, point, point.label));
                }
            }
        }
        labels.sort(Comparator.comparing((Labelled each) -> each.point.mark).reversed());
        for (Labelled each : labels) {
            LabelPlacer.Box box =
                    placer.place(each.label, plot.px(each.point.x), plot.py(each.point.y), size(each.point));
            if (box != null) {
                svg.element(
                        "text",
                        each.label,
                        "class",
                        each.point.mark == Mark.STAR ? "label middle" : "label middle " + each.series.style.cssClass(),
                        "x",
                        Plot.number(box.x()),
                        "y",
                        Plot.number(box.y() + 4.5));
            }
        }
    }
}
