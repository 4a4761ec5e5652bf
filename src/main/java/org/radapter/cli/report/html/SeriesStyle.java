package org.radapter.cli.report.html;

/**
 * How a series is told from others: colour, shape of its marker and pattern of its line, so that no two rely on colour
 * alone. Colours are the style sheet's.
 *
 * @param index of the series, from 0
 */
record SeriesStyle(int index) {
    private static final String[] DASHES = {"", "7 4", "2 4", "9 4 2 4", "12 5"};
    private static final int COLOURS = 5;

    /** Class of everything that belongs to the series. */
    String cssClass() {
        return "s" + Math.floorMod(index, COLOURS);
    }

    /** Value of {@code stroke-dasharray}. */
    String dash() {
        return DASHES[Math.floorMod(index, DASHES.length)];
    }

    /** A marker around a point. */
    Markup marker(double x, double y, double size) {
        Markup svg = new Markup();
        switch (Math.floorMod(index, 5)) {
            case 0 -> svg.empty("circle", "class", "mark", "cx", n(x), "cy", n(y), "r", n(size));
            case 1 ->
                svg.empty(
                        "rect",
                        "class",
                        "mark",
                        "x",
                        n(x - .9 * size),
                        "y",
                        n(y - .9 * size),
                        "width",
                        n(1.8 * size),
                        "height",
                        n(1.8 * size));
            case 2 -> svg.empty("path", "class", "mark", "d", polygon(x, y, 1.25 * size, 3, -90));
            case 3 -> svg.empty("path", "class", "mark", "d", polygon(x, y, 1.25 * size, 4, -90));
            default -> svg.empty("path", "class", "mark", "d", polygon(x, y, 1.25 * size, 3, 90));
        }
        return svg;
    }

    /** A five-pointed star, the mark of the model before fine-tuning. */
    static Markup star(double x, double y, double size) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            double radius = i % 2 == 0 ? size : .45 * size;
            double angle = Math.toRadians(36 * i - 90);
            path.append(i == 0 ? "M" : "L")
                    .append(n(x + radius * Math.cos(angle)))
                    .append(' ')
                    .append(n(y + radius * Math.sin(angle)));
        }
        return new Markup().empty("path", "class", "star", "d", path + "Z");
    }

    private static String polygon(double x, double y, double radius, int corners, double firstDegrees) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < corners; i++) {
            double angle = Math.toRadians(firstDegrees + 360.0 * i / corners);
            path.append(i == 0 ? "M" : "L")
                    .append(n(x + radius * Math.cos(angle)))
                    .append(' ')
                    .append(n(y + radius * Math.sin(angle)));
        }
        return path + "Z";
    }

    private static String n(double value) {
        return Plot.number(value);
    }
}
