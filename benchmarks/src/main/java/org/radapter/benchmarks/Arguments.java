package org.radapter.benchmarks;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What {@code run} passes on.
 *
 * @param results folder of the results
 * @param works names of the works; empty for all
 * @param quick fewer and shorter iterations, and batch 8 alone
 * @param settings name of malloc's settings
 * @param round from 1
 * @param command as it was typed, for the table
 */
record Arguments(Path results, Set<String> works, boolean quick, String settings, int round, String command) {
    /** From {@code RESULTS WORKS QUICK SETTINGS ROUND COMMAND}; works separated by commas. */
    static Arguments of(List<String> words) {
        Set<String> works = new LinkedHashSet<>(List.of(words.get(1).split(",")));
        works.remove("");
        return new Arguments(
                Path.of(words.get(0)),
                works,
                Boolean.parseBoolean(words.get(2)),
                words.get(3),
                Integer.parseInt(words.get(4)),
                words.get(5));
    }

    /** The lines that are wanted. */
    List<Line> lines() {
        return Lines.of(works).stream()
                .filter(line -> !quick || !line.ours().shape().equals("batch32"))
                .toList();
    }
}
