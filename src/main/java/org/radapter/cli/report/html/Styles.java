package org.radapter.cli.report.html;

import java.util.LinkedHashMap;
import java.util.Map;
import org.radapter.cli.report.MethodInfo;
import org.radapter.cli.report.RunResults;

/** One style for each method on the whole page: the first for the method in focus. */
record Styles(Map<String, SeriesStyle> byMethod) {
    static Styles of(RunResults results) {
        Map<String, SeriesStyle> styles = new LinkedHashMap<>();
        styles.put(results.focus().method(), new SeriesStyle(0));
        for (MethodInfo method : results.methods()) {
            if (!method.name().equals(results.focus().baseline())) {
                styles.putIfAbsent(method.name(), new SeriesStyle(styles.size()));
            }
        }
        return new Styles(styles);
    }

    /** The style of a method. */
    SeriesStyle of(String method) {
        return byMethod.getOrDefault(method, new SeriesStyle(byMethod.size()));
    }
}
