package org.radapter.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;

/** What {@code run} starts: {@code check} (of the arguments), {@code measure}, {@code report} and {@code scaling}, each with {@link Arguments}. */
public final class Main {
    private Main() {}

    /** Runs one of these; a failed measurement ends with status 1. */
    public static void main(String[] words) throws IOException {
        Arguments arguments = Arguments.of(Arrays.asList(words).subList(1, words.length));
        Files.createDirectories(arguments.results());
        switch (words[0]) {
            case "check" -> arguments.lines();
            case "measure" -> {
                Measure measure = new Measure(arguments);
                if (measure.run(measure.trials(arguments.lines())) > 0) {
                    System.exit(1);
                }
            }
            case "scaling" -> {
                if (new Scaling(arguments).run() > 0) {
                    System.exit(1);
                }
            }
            case "report" -> new Report(arguments).write(arguments.lines());
            default -> throw new IllegalArgumentException("no command is named " + words[0]);
        }
    }
}
