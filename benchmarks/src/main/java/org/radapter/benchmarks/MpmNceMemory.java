package org.radapter.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What one call of {@link MpmNce} takes of memory at its peak, outputs included, in a process of its own. */
public class MpmNceMemory extends MpmNce {
    private static final String RESULT = "peak and time: ";

    /**
     * Prints the growth of the process's peak in bytes and the milliseconds of a call.
     *
     * @param words side, shape and precision
     */
    public static void main(String[] words) throws IOException {
        MpmNceMemory work = new MpmNceMemory();
        Precision precision = Precision.of(words[2]);
        // libraries loaded, threads started
        try (Operation small = work.open(words[0], work.smallShape(), precision)) {
            small.run();
        }
        try (Operation operation = work.open(words[0], words[1], precision)) {
            System.gc();
            forgetPeak();
            long before = peak();
            long begun = System.nanoTime();
            operation.run();
            double milliseconds = (System.nanoTime() - begun) * 1e-6;
            System.out.println(RESULT + (peak() - before) + " " + milliseconds);
        }
    }

    /** The peak becomes what the process holds now. */
    private static void forgetPeak() throws IOException {
        Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    }

    private static long peak() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new IOException("/proc/self/status has no VmHWM");
    }

    /** Measures a trial of this in a new process. */
    static Timing measure(Trial trial, String settings, int round) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Forks.options("1g"));
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                MpmNceMemory.class.getName(),
                trial.backend(),
                trial.shape(),
                trial.precision().label()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        String result = output.lines()
                .filter(line -> line.startsWith(RESULT))
                .findFirst()
                .orElseThrow(() -> new IOException("the process of " + trial + " ended early: " + output));
        String[] figures = result.substring(RESULT.length()).split(" ");
        return new Timing(trial.toString(), settings, round, Double.NaN, Double.parseDouble(figures[0]), new double[] {
            Double.parseDouble(figures[1])
        });
    }
}
