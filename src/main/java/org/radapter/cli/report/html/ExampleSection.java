package org.radapter.cli.report.html;

import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.radapter.cli.report.Example;
import org.radapter.cli.report.Figures;
import org.radapter.cli.report.RunResults;
import org.radapter.cli.report.SplitInfo;

/** Images with what the model said of them before and after. */
final class ExampleSection {
    private ExampleSection() {}

    static Markup of(RunResults results) {
        Markup html = new Markup();
        if (results.examples().isEmpty()) {
            return html;
        }
        html.open("section", "aria-labelledby", "examples").element("h2", "Examples", "id", "examples");
        html.open("p")
                .text("Test images, their names, and what ")
                .text(results.methodLabel(results.focus().baseline()))
                .text(" (before) and ")
                .text(results.methodLabel(results.focus().method()))
                .text(" (after) took them for.")
                .close();
        bySplit(results).forEach((split, examples) -> {
            html.element("h3", Figures.capitalized(split)).open("ul", "class", "examples");
            examples.forEach(example -> html.add(card(example)));
            html.close();
        });
        return html.closeLine();
    }

    private static Map<String, List<Example>> bySplit(RunResults results) {
        Map<String, List<Example>> groups = new LinkedHashMap<>();
        for (Example example : results.examples()) {
            String label = results.splits().stream()
                    .filter(split -> split.name().equals(example.split()))
                    .map(SplitInfo::label)
                    .findFirst()
                    .orElse(example.split());
            groups.computeIfAbsent(label, name -> new ArrayList<>()).add(example);
        }
        return groups;
    }

    private static Markup card(Example example) {
        Markup html = new Markup().open("li");
        html.lone(
                "img",
                "src",
                "data:image/png;base64," + Base64.getEncoder().encodeToString(example.png()),
                "alt",
                "test image: " + example.truth(),
                "width",
                "72",
                "height",
                "72");
        html.open("div").element("strong", example.truth());
        html.add(prediction("before", example.before(), example.rightBefore()));
        html.add(prediction("after", example.after(), example.rightAfter()));
        return html.close().close();
    }

    private static Markup prediction(String when, String predicted, boolean right) {
        Markup html = new Markup().open("span", "class", right ? "said right" : "said wrong");
        html.element(
                "span",
                right ? "✓" : "✗",
                "class",
                "tick-mark",
                "aria-label",
                right ? "right" : "wrong",
                "role",
                "img");
        html.element("small", when);
        return html.text(" " + (right ? "right" : predicted)).close();
    }
}
