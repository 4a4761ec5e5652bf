package org.radapter.cli.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What was run, on what, and how long it took.
 *
 * @param title of the run
 * @param created when it ended, in words or ISO 8601
 * @param model what was fine-tuned, in a sentence
 * @param settings names and values, in the order shown
 * @param machine names and values: processor, threads, backend, versions
 * @param timing names and durations
 */
public record RunDescription(
        String title,
        String created,
        String model,
        Map<String, String> settings,
        Map<String, String> machine,
        Map<String, String> timing) {
    /** Takes copies that keep the order. */
    public RunDescription {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        machine = Collections.unmodifiableMap(new LinkedHashMap<>(machine));
        timing = Collections.unmodifiableMap(new LinkedHashMap<>(timing));
    }
}
