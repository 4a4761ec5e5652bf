package org.radapter.cli.report.html;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.radapter.cli.report.RunResults;
import org.radapter.cli.report.SplitInfo;
import org.radapter.cli.report.Verdict;
import org.radapter.weights.AtomicFiles;

/**
 * {@code report.html}: a run's results on one page that opens anywhere. Style, pictures and images are inside the file;
 * it has no script and asks nobody for anything (its own content policy forbids it).
 */
public final class ReportPage {
    private static final String POLICY =
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

    private ReportPage() {}

    /**
     * Writes the page, replacing an older one in one go.
     *
     * @throws IOException if it cannot be written
     */
    public static void write(Path file, RunResults results) throws IOException {
        AtomicFiles.writeString(file, of(results));
    }

    /** The page as text. */
    public static String of(RunResults results) {
        Verdict verdict = Verdict.of(results);
        Markup html = begin(results.run().title() + " – " + verdict.headline());
        html.add(header(results, verdict)).open("main");
        html.add(AccuracySection.of(results));
        html.add(CurveSection.of(results));
        html.add(LossSection.of(results));
        html.add(ExampleSection.of(results));
        html.add(DetailSection.of(results));
        html.closeLine();
        return "<!DOCTYPE html>\n" + html.closeLine().closeLine();
    }

    /** A page up to the beginning of its body; two elements are open. */
    static Markup begin(String title) {
        Markup html = new Markup().open("html", "lang", "en").open("head");
        html.lone("meta", "charset", "utf-8");
        html.lone("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        html.lone("meta", "name", "color-scheme", "content", "light dark");
        html.lone("meta", "http-equiv", "Content-Security-Policy", "content", POLICY);
        html.lone("link", "rel", "icon", "href", "data:,");
        html.element("title", title);
        html.style(styleSheet()).closeLine();
        return html.open("body");
    }

    private static Markup header(RunResults results, Verdict verdict) {
        Markup html = new Markup().open("header");
        html.element("p", results.run().title(), "class", "kicker");
        html.element("h1", unbroken(verdict.headline(), results) + ".");
        html.open("p", "class", "lede")
                .text(results.methodLabel(results.focus().method()))
                .text(" against ")
                .text(results.methodLabel(results.focus().baseline()))
                .text(", on the same test images.")
                .close();
        if (!verdict.comparisons().isEmpty()) {
            html.open("ul", "class", "comparisons");
            verdict.comparisons().forEach(sentence -> html.element("li", sentence + "."));
            html.close();
        }
        if (!results.run().created().isEmpty()) {
            html.element("p", results.run().created(), "class", "created");
        }
        return html.closeLine();
    }

    /** The sentence with names of splits that stay on one line. */
    private static String unbroken(String sentence, RunResults results) {
        String text = sentence;
        for (SplitInfo split : results.splits()) {
            text = text.replace(split.label(), split.label().replace(' ', '\u00a0'));
        }
        return text;
    }

    private static String styleSheet() {
        try (InputStream css = ReportPage.class.getResourceAsStream("report.css")) {
            if (css == null) {
                throw new IllegalStateException("report.css is missing from the program; build it again");
            }
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
