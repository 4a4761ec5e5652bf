package org.radapter.cli.report.html;

import java.util.Locale;

/**
 * The frame of a picture: where values lie on it, its grid, ticks and names of axes.
 *
 * @param x the horizontal axis
 * @param y the vertical axis
 * @param xName name and unit of the horizontal axis
 * @param yName name and unit of the vertical axis
 */
record Plot(Scale x, Scale y, String xName, String yName) {
    /** Size of every picture in its own units; the page scales it. */
    static final double WIDTH = 480;

    static final double HEIGHT = 360;

    static final double LEFT = 58;
    static final double RIGHT = WIDTH - 16;
    static final double TOP = 14;
    static final double BOTTOM = HEIGHT - 56;

    /** Horizontal position of a value. */
    double px(double value) {
        return LEFT + (RIGHT - LEFT) * x.share(value);
    }

    /** Vertical position of a value. */
    double py(double value) {
        return BOTTOM - (BOTTOM - TOP) * y.share(value);
    }

    /** Begins a picture with its frame; the caller adds to it and closes it. */
    Markup begin(String id, String title, String description) {
        Markup svg = beginPicture(id, HEIGHT, title, description);
        for (double tick : y.ticks()) {
            svg.empty("line", "class", "grid", "x1", n(LEFT), "x2", n(RIGHT), "y1", n(py(tick)), "y2", n(py(tick)));
            svg.element("text", y.label(tick), "class", "tick end", "x", n(LEFT - 7), "y", n(py(tick) + 4.5));
        }
        for (double tick : x.ticks()) {
            svg.empty(
                    "line",
                    "class",
                    "axis",
                    "x1",
                    n(px(tick)),
                    "x2",
                    n(px(tick)),
                    "y1",
                    n(BOTTOM),
                    "y2",
                    n(BOTTOM + 5));
            svg.element("text", x.label(tick), "class", "tick middle", "x", n(px(tick)), "y", n(BOTTOM + 21));
        }
        svg.empty("line", "class", "axis", "x1", n(LEFT), "x2", n(RIGHT), "y1", n(BOTTOM), "y2", n(BOTTOM));
        svg.element("text", xName, "class", "name middle", "x", n((LEFT + RIGHT) / 2), "y", n(HEIGHT - 8));
        double middle = (TOP + BOTTOM) / 2;
        svg.element(
                "text",
                yName,
                "class",
                "name middle",
                "x",
                "15",
                "y",
                n(middle),
                "transform",
                "rotate(-90 15 " + n(middle) + ")");
        return svg;
    }

    /** Begins a picture without a frame. */
    static Markup beginPicture(String id, double height, String title, String description) {
        return new Markup()
                .open(
                        "svg",
                        "class",
                        "chart",
                        "viewBox",
                        "0 0 " + n(WIDTH) + " " + n(height),
                        "role",
                        "img",
                        "aria-labelledby",
                        id + "-title " + id + "-desc")
                .element("title", title, "id", id + "-title")
                .element("desc", description, "id", id + "-desc");
    }

    /** A coordinate with two decimals at most. */
    static String number(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return text.replaceAll("\\.?0+$", "");
    }

    private static String n(double value) {
        return number(value);
    }
}
