package org.radapter.cli.report.html;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.radapter.cli.report.Figures;
import org.radapter.cli.report.MethodInfo;
import org.radapter.cli.report.RunResults;
import org.radapter.cli.report.SplitInfo;
import org.radapter.train.statistics.AccuracyRow;
import org.radapter.train.statistics.Difference;
import org.radapter.train.statistics.MeanAccuracy;

/** The table of accuracies before and after, and the changes as a picture. */
final class AccuracySection {
    private AccuracySection() {}

    static Markup of(RunResults results) {
        Markup html = new Markup();
        if (results.accuracies().isEmpty()) {
            return html;
        }
        html.open("section", "aria-labelledby", "accuracy").element("h2", "Before and after", "id", "accuracy");
        html.open("div", "class", "scroll", "role", "region", "tabindex", "0", "aria-label", "Table of accuracies");
        html.add(table(results)).close();
        html.element("p", note(results), "class", "note");
        html.open("div", "class", "beside").add(changes(results)).open("div");
        html.add(splitDescriptions(results)).add(runs(results)).close().close();
        return html.closeLine();
    }

    private static Markup table(RunResults results) {
        Markup html = new Markup().open("table", "class", "accuracies");
        html.open("thead").open("tr").element("th", "Accuracy, %", "scope", "col");
        for (SplitInfo split : results.splits()) {
            html.open("th", "scope", "col").text(Figures.capitalized(split.label()));
            html.element("small", imagesOf(results, split)).close();
        }
        html.close().close().open("tbody");
        for (MethodInfo method : results.methods()) {
            boolean focus = method.name().equals(results.focus().method());
            html.open("tr", "class", focus ? "focus" : "other")
                    .open("th", "scope", "row")
                    .text(Figures.capitalized(method.label()));
            if (!method.description().isEmpty()) {
                html.element("small", method.description());
            }
            html.close();
            results.splits().forEach(split -> html.add(cell(results, method, split)));
            html.closeLine();
        }
        return html.close().close();
    }

    private static Markup cell(RunResults results, MethodInfo method, SplitInfo split) {
        Markup html = new Markup().open("td");
        Optional<MeanAccuracy> accuracy = results.accuracy(method.name(), split.name());
        if (accuracy.isEmpty()) {
            return html.text("–").close();
        }
        html.element("span", Figures.percent(accuracy.get().accuracy()), "class", "figure");
        if (!Double.isNaN(accuracy.get().standardError())) {
            html.element("span", " ± " + Figures.percent(accuracy.get().standardError()), "class", "error");
        }
        results.difference(method.name(), results.focus().baseline(), split.name())
                .ifPresent(change ->
                        html.element("span", arrow(change) + Figures.withError(change), "class", kind(change)));
        return html.close();
    }

    private static String kind(Difference change) {
        if (!(Math.abs(change.difference()) > change.standardError())) {
            return "change same";
        }
        return change.difference() > 0 ? "change up" : "change down";
    }

    private static String arrow(Difference change) {
        return switch (kind(change)) {
            case "change up" -> "▲ ";
            case "change down" -> "▼ ";
            default -> "≈ ";
        };
    }

    private static String imagesOf(RunResults results, SplitInfo split) {
        return results.accuracies().stream()
                .filter(each -> each.split().equals(split.name()))
                .findFirst()
                .map(each -> String.format(Locale.ROOT, each.n() == 1 ? "%,d image" : "%,d images", each.n())
                        .replace(',', '\u202f'))
                .orElse("");
    }

    private static String note(RunResults results) {
        int seeds = results.accuracies().stream()
                .mapToInt(MeanAccuracy::seeds)
                .max()
                .orElse(1);
        return "Figures are means over " + (seeds == 1 ? "one run" : "up to " + seeds + " runs (seeds)")
                + "; ± is one standard error, by bootstrap over images. Below each, the change against "
                + results.methodLabel(results.focus().baseline())
                + " in percentage points with the standard error of the paired difference: ▲ and ▼ where it is larger"
                + " than that error, ≈ where it is not.";
    }

    private static Markup splitDescriptions(RunResults results) {
        Markup html = new Markup();
        if (results.splits().stream().allMatch(split -> split.description().isEmpty())) {
            return html;
        }
        html.open("dl", "class", "splits");
        for (SplitInfo split : results.splits()) {
            if (!split.description().isEmpty()) {
                html.open("div")
                        .element("dt", Figures.capitalized(split.label()))
                        .element("dd", split.description())
                        .close();
            }
        }
        return html.close();
    }

    private static Markup runs(RunResults results) {
        record Run(String method, long seed) {}
        Map<Run, Map<String, AccuracyRow>> runs = new LinkedHashMap<>();
        for (AccuracyRow row : results.rows()) {
            runs.computeIfAbsent(new Run(row.method(), row.seed()), run -> new LinkedHashMap<>())
                    .put(row.split(), row);
        }
        Markup html = new Markup();
        if (runs.isEmpty()) {
            return html;
        }
        html.open("details").element("summary", "Every run");
        html.open("div", "class", "scroll", "role", "region", "tabindex", "0", "aria-label", "Table of runs");
        html.open("table", "class", "runs").open("thead").open("tr");
        html.element("th", "Accuracy, %", "scope", "col").element("th", "Seed", "scope", "col");
        results.splits().forEach(split -> html.element("th", Figures.capitalized(split.label()), "scope", "col"));
        html.close().close().open("tbody");
        runs.forEach((run, rows) -> {
            html.open("tr").element("th", Figures.capitalized(results.methodLabel(run.method())), "scope", "row");
            html.element("td", Long.toString(run.seed()));
            for (SplitInfo split : results.splits()) {
                AccuracyRow row = rows.get(split.name());
                html.element("td", row == null ? "–" : Figures.percent(row.accuracy()));
            }
            html.closeLine();
        });
        return html.close().close().close().close();
    }

    private static Markup changes(RunResults results) {
        Styles styles = Styles.of(results);
        List<ChangeChart.Group> groups = new ArrayList<>();
        for (SplitInfo split : results.splits()) {
            List<ChangeChart.Row> rows = new ArrayList<>();
            for (MethodInfo method : results.methods()) {
                results.difference(method.name(), results.focus().baseline(), split.name())
                        .ifPresent(change ->
                                rows.add(new ChangeChart.Row(method.label(), styles.of(method.name()), change)));
            }
            if (!rows.isEmpty()) {
                groups.add(new ChangeChart.Group(split.label(), rows));
            }
        }
        if (groups.isEmpty()) {
            return new Markup();
        }
        String baseline = results.methodLabel(results.focus().baseline());
        String heading = "Change against " + baseline;
        Markup picture = new ChangeChart(groups, "change of accuracy (percentage points)")
                .draw("change", heading, describe(groups));
        return Figure.of(
                heading,
                picture,
                List.of(),
                "Markers are means over seeds, bars intervals of 95 %. A bar"
                        + " that reaches over the middle line is a change that may be none.");
    }

    private static String describe(List<ChangeChart.Group> groups) {
        StringBuilder text = new StringBuilder("Changes of accuracy in percentage points.");
        for (ChangeChart.Group group : groups) {
            for (ChangeChart.Row row : group.rows()) {
                text.append(' ')
                        .append(group.name())
                        .append(", ")
                        .append(row.name())
                        .append(": ")
                        .append(Figures.withError(row.change()))
                        .append('.');
            }
        }
        return text.toString();
    }
}
