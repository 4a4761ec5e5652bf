package org.radapter.cli.report;

import java.util.ArrayList;
import java.util.List;
import org.radapter.train.statistics.MeanAccuracy;

/** A run's figures as tables for a console. */
public final class ResultTables {
    private ResultTables() {}

    /** Accuracy in percent of every method on every split, with standard errors. */
    public static TextTable accuracies(RunResults results) {
        List<String> header = new ArrayList<>(List.of("accuracy, %"));
        for (SplitInfo split : results.splits()) {
            header.add(split.label());
        }
        TextTable table = new TextTable(header.toArray(String[]::new));
        for (MethodInfo method : results.methods()) {
            table.row(cells(results, method));
        }
        return table;
    }

    /** Change in points of every method against the baseline on every split, with standard errors. */
    public static TextTable changes(RunResults results) {
        String baseline = results.focus().baseline();
        List<String> header = new ArrayList<>(List.of("points against " + results.methodLabel(baseline)));
        for (SplitInfo split : results.splits()) {
            header.add(split.label());
        }
        TextTable table = new TextTable(header.toArray(String[]::new));
        for (MethodInfo method : results.methods()) {
            if (!method.name().equals(baseline)) {
                table.row(changeCells(results, method));
            }
        }
        return table;
    }

    private static String[] cells(RunResults results, MethodInfo method) {
        List<String> cells = new ArrayList<>(List.of(method.label()));
        for (SplitInfo split : results.splits()) {
            cells.add(results.accuracy(method.name(), split.name())
                    .map((MeanAccuracy accuracy) -> Figures.withError(accuracy))
                    .orElse("–"));
        }
        return cells.toArray(String[]::new);
    }

    private static String[] changeCells(RunResults results, MethodInfo method) {
        List<String> cells = new ArrayList<>(List.of(method.label()));
        for (SplitInfo split : results.splits()) {
            cells.add(results.difference(method.name(), results.focus().baseline(), split.name())
                    .map(difference -> Figures.withError(difference))
                    .orElse("–"));
        }
        return cells.toArray(String[]::new);
    }
}
