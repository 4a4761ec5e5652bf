package org.radapter.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one fork measured; a line of {@code raw.csv}, which grows as forks end.
 *
 * @param trial benchmark, shape, precision and backend, as {@link Trial#toString} has them
 * @param settings of malloc
 * @param round from 1
 * @param allocated bytes of Java heap a call
 * @param peak bytes of memory a call took at its peak; NaN where time alone is measured
 * @param milliseconds time a call, one number an iteration
 */
record Timing(String trial, String settings, int round, double allocated, double peak, double[] milliseconds) {
    private static final String HEADER = "trial,settings,round,allocated,peak,milliseconds\n";

    /** Adds this to a file. */
    void append(Path file) throws IOException {
        String line = String.join(
                ",",
                trial,
                settings,
                Integer.toString(round),
                Double.toString(allocated),
                Double.toString(peak),
                String.join(
                        " ",
                        Arrays.stream(milliseconds).mapToObj(Double::toString).toList()));
        String text = (Files.exists(file) ? "" : HEADER) + line + "\n";
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** All timings of a file; none if there is no file. */
    static List<Timing> read(Path file) throws IOException {
        List<Timing> all = new ArrayList<>();
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                if (!(line + "\n").equals(HEADER)) {
                    String[] cells = line.split(",");
                    all.add(new Timing(
                            cells[0],
                            cells[1],
                            Integer.parseInt(cells[2]),
                            Double.parseDouble(cells[3]),
                            Double.parseDouble(cells[4]),
                            Arrays.stream(cells[5].split(" "))
                                    .mapToDouble(Double::parseDouble)
                                    .toArray()));
                }
            }
        }
        return all;
    }
}
