package org.radapter.cli.report.html;

import java.util.Map;
import org.radapter.cli.report.RunDescription;
import org.radapter.cli.report.RunResults;
import org.radapter.data.Credit;

/** Settings, machine, times and credits. */
final class DetailSection {
    private DetailSection() {}

    static Markup of(RunResults results) {
        RunDescription run = results.run();
        Markup html = new Markup().open("section", "aria-labelledby", "run").element("h2", "The run", "id", "run");
        if (!run.model().isEmpty()) {
            html.element("p", run.model());
        }
        html.open("div", "class", "details");
        html.add(list("Settings", run.settings()));
        html.add(list("Machine", run.machine()));
        html.add(list("Time", run.timing()));
        html.close().closeLine();
        return html.add(credits(results));
    }

    private static Markup list(String heading, Map<String, String> entries) {
        Markup html = new Markup();
        if (entries.isEmpty()) {
            return html;
        }
        html.open("div", "class", "panel").element("h3", heading).open("dl");
        entries.forEach((name, value) ->
                html.open("div").element("dt", name).element("dd", value).close());
        return html.close().close();
    }

    private static Markup credits(RunResults results) {
        Markup html = new Markup();
        if (results.credits().isEmpty()) {
            return html;
        }
        html.open("section", "aria-labelledby", "credits").element("h2", "Credits", "id", "credits");
        html.element("p", "Whose drawings, words and weights this run rests on, and the terms they are used under.");
        html.open("div", "class", "scroll", "role", "region", "tabindex", "0", "aria-label", "Table of credits");
        html.open("table", "class", "credits").open("thead").open("tr");
        for (String name : new String[] {"Work", "By", "Licence", "From"}) {
            html.element("th", name, "scope", "col");
        }
        html.close().close().open("tbody");
        for (Credit credit : results.credits()) {
            html.open("tr").open("th", "scope", "row");
            html.add(name(credit)).close();
            html.element("td", credit.author()).element("td", credit.license()).element("td", credit.origin());
            html.closeLine();
        }
        return html.close().close().close().closeLine();
    }

    private static Markup name(Credit credit) {
        boolean web =
                credit.homepage().startsWith("https://") || credit.homepage().startsWith("http://");
        return web
                ? new Markup().element("a", credit.name(), "href", credit.homepage(), "rel", "noreferrer")
                : new Markup().text(credit.name());
    }
}
