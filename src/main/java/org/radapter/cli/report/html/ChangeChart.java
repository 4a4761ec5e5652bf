package org.radapter.cli.report.html;

import java.util.List;
import org.radapter.cli.report.Figures;
import org.radapter.train.statistics.Difference;

/**
 * A picture of changes against the baseline: a marker and a bar of 95 % for each, left of the middle line a loss, right
 * of it a gain.
 *
 * @param groups of changes, one under the other
 * @param axisName name and unit of the horizontal axis
 */
record ChangeChart(List<Group> groups, String axisName) {
    private static final double ROW = 27;
    private static final double HEAD = 30;
    private static final double LEFT = 150;
    private static final double RIGHT = Plot.WIDTH - 14;
    private static final double FOOT = 54;

    /** Changes under one heading. */
    record Group(String name, List<Row> rows) {}

    /** One change. */
    record Row(String name, SeriesStyle style, Difference change) {}

    /** The picture. */
    Markup draw(String id, String title, String description) {
        Scale scale = scale();
        double bottom = 4;
        for (Group group : groups) {
            bottom += HEAD + ROW * group.rows.size();
        }
        Markup svg = Plot.beginPicture(id, bottom + FOOT, title, description);
        for (double tick : scale.ticks()) {
            String x = n(px(scale, tick));
            svg.empty(
                    "line",
                    "class",
                    Math.abs(tick) < 1e-9 ? "zero" : "grid",
                    "x1",
                    x,
                    "x2",
                    x,
                    "y1",
                    "4",
                    "y2",
                    n(bottom));
            String sign = tick > 1e-9 ? "+" : "";
            svg.element("text", sign + scale.label(tick), "class", "tick middle", "x", x, "y", n(bottom + 19));
        }
        svg.element("text", axisName, "class", "name middle", "x", n(Plot.WIDTH / 2), "y", n(bottom + FOOT - 9));
        double y = 4;
        for (Group group : groups) {
            svg.element("text", Figures.capitalized(group.name), "class", "group", "x", "0", "y", n(y + HEAD - 9));
            y += HEAD;
            for (Row row : group.rows) {
                drawRow(svg, scale, row, y + ROW / 2);
                y += ROW;
            }
        }
        return svg.closeLine();
    }

    private Scale scale() {
        double low = 0;
        double high = 0;
        for (Group group : groups) {
            for (Row row : group.rows) {
                low = Math.min(low, 100 * lower(row.change));
                high = Math.max(high, 100 * upper(row.change));
            }
        }
        return Scale.around(low, high, 6);
    }

    private static void drawRow(Markup svg, Scale scale, Row row, double y) {
        double x = px(scale, 100 * row.change.difference());
        svg.element("text", Figures.capitalized(row.name), "class", "tick end", "x", n(LEFT - 14), "y", n(y + 4.5));
        svg.open("g", "class", row.style.cssClass());
        svg.element("title", row.name + ": " + Figures.withError(row.change) + " points");
        svg.empty(
                "line",
                "class",
                "whisker",
                "x1",
                n(px(scale, 100 * lower(row.change))),
                "x2",
                n(px(scale, 100 * upper(row.change))),
                "y1",
                n(y),
                "y2",
                n(y));
        svg.add(row.style.marker(x, y, 5.2));
        svg.closeLine();
    }

    private static double lower(Difference change) {
        return Double.isNaN(change.lower()) ? change.difference() : change.lower();
    }

    private static double upper(Difference change) {
        return Double.isNaN(change.upper()) ? change.difference() : change.upper();
    }

    private static double px(Scale scale, double value) {
        return LEFT + (RIGHT - LEFT) * scale.share(value);
    }

    private static String n(double value) {
        return Plot.number(value);
    }
}
