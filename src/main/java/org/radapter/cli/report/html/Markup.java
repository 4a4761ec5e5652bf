package org.radapter.cli.report.html;

import java.util.ArrayDeque;
import java.util.Deque;

/** HTML or SVG text in the making. Whatever text and attribute values are given, they are escaped. */
final class Markup {
    private final StringBuilder text = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();

    /** Opens an element; attributes are given as name, value, name, value … */
    Markup open(String tag, String... attributes) {
        start(tag, attributes);
        text.append('>');
        open.push(tag);
        return this;
    }

    /** Closes the element opened last. */
    Markup close() {
        text.append("</").append(open.pop()).append('>');
        return this;
    }

    /** Closes the element opened last and begins a new line. */
    Markup closeLine() {
        close();
        text.append('\n');
        return this;
    }

    /** An element that holds text alone. */
    Markup element(String tag, String content, String... attributes) {
        return open(tag, attributes).text(content).close();
    }

    /** An SVG element that holds nothing. */
    Markup empty(String tag, String... attributes) {
        start(tag, attributes);
        text.append("/>");
        return this;
    }

    /** An HTML element that has no end tag, such as {@code img}. */
    Markup lone(String tag, String... attributes) {
        start(tag, attributes);
        text.append('>');
        return this;
    }

    /** Text, escaped. */
    Markup text(String content) {
        text.append(escape(content));
        return this;
    }

    /** A style sheet of the program's own, as it is. */
    Markup style(String css) {
        text.append("<style>\n").append(css).append("</style>\n");
        return this;
    }

    /** Finished markup, as it is. */
    Markup add(Markup finished) {
        text.append(finished);
        return this;
    }

    /** The markup so far. */
    @Override
    public String toString() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("<" + open.peek() + "> was not closed");
        }
        return text.toString();
    }

    private void start(String tag, String... attributes) {
        text.append('<').append(tag);
        for (int i = 0; i < attributes.length; i += 2) {
            text.append(' ')
                    .append(attributes[i])
                    .append("=\"")
                    .append(escape(attributes[i + 1]))
                    .append('"');
        }
    }

    /**
     * The text as content or attribute value. Control characters, which no document may hold, become U+FFFD; a figure
     * and its error stay on one line.
     */
    static String escape(String content) {
        StringBuilder escaped = new StringBuilder(content.length());
        content.replace(" ± ", "\u00a0±\u00a0").codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                case '\t', '\n' -> escaped.appendCodePoint(c);
                default -> escaped.appendCodePoint(c < ' ' || (c >= 0xD800 && c <= 0xDFFF) ? 0xFFFD : c);
            }
        });
        return escaped.toString();
    }
}
