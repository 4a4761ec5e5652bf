package org.radapter.cli.report.html;

import java.util.List;
import org.radapter.cli.report.Figures;

/** A picture with its heading, legend and a note on how to read it. */
final class Figure {
    private Figure() {}

    /**
     * One entry of a legend.
     *
     * @param name what the line stands for
     * @param cssClass of its colour
     * @param style of its marker and dashes
     */
    record Entry(String name, String cssClass, SeriesStyle style) {}

    /** The figure. */
    static Markup of(String heading, Markup picture, List<Entry> legend, String note) {
        Markup html = new Markup().open("figure", "class", "panel").element("h3", Figures.capitalized(heading));
        html.add(picture);
        if (!legend.isEmpty()) {
            html.open("ul", "class", "legend");
            legend.forEach(entry -> html.add(item(entry)));
            html.close();
        }
        return html.element("figcaption", note).closeLine();
    }

    private static Markup item(Entry entry) {
        Markup html = new Markup().open("li", "class", entry.cssClass);
        html.open("svg", "class", "swatch", "viewBox", "0 0 36 14", "aria-hidden", "true");
        html.empty(
                "line",
                "class",
                "line",
                "x1",
                "1",
                "x2",
                "35",
                "y1",
                "7",
                "y2",
                "7",
                "stroke-dasharray",
                entry.style.dash());
        html.add(entry.style.marker(18, 7, 4.2)).close();
        return html.text(Figures.capitalized(entry.name)).close();
    }
}
