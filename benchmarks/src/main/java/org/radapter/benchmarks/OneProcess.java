package org.radapter.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A work in a process of its own.
 *
 * @param peak bytes by which the first call raises the process's peak, outputs included
 * @param milliseconds time of each call
 */
record OneProcess(double peak, double[] milliseconds) {
    private static final String RESULT = "peak and times: ";
    private static final int MOST_CALLS = 7;

    /**
     * Prints what a process measures.
     *
     * @param words class, side, shape and precision of the work, and the milliseconds after which no more call begins
     */
    public static void main(String[] words) throws IOException, ClassNotFoundException {
        OperatorBenchmark work = Trial.instance(Class.forName(words[0]).asSubclass(OperatorBenchmark.class));
        Precision precision = Precision.of(words[3]);
        double enough = Double.parseDouble(words[4]);
        // libraries loaded, threads started
        try (Operation small = work.open(words[1], work.smallShape(), precision)) {
            small.run();
        }
        try (Operation operation = work.open(words[1], words[2], precision)) {
            System.gc();
            forgetPeak();
            long before = peakNow();
            StringBuilder text = new StringBuilder(RESULT);
            double total = 0;
            for (int call = 0; call == 0 || (call < MOST_CALLS && total < enough); call++) {
                long begun = System.nanoTime();
                operation.run();
                double milliseconds = (System.nanoTime() - begun) * 1e-6;
                if (call == 0) {
                    text.append(peakNow() - before);
                }
                text.append(' ').append(milliseconds);
                total += milliseconds;
            }
            System.out.println(text);
        }
    }

    /** The peak becomes what the process holds now. */
    private static void forgetPeak() throws IOException {
        Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    }

    private static long peakNow() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new IOException("/proc/self/status has no VmHWM");
    }

    /** Runs a trial in a new process: one call, and more while they have taken less than {@code enough} ms together. */
    static OneProcess measure(Trial trial, int threads, double enough) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(Forks.options("1g", threads, trial.backend()));
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                OneProcess.class.getName(),
                trial.benchmark().getName(),
                trial.backend(),
                trial.shape(),
                trial.precision().label(),
                Double.toString(enough)));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
        String output = new String(builder.start().getInputStream().readAllBytes());
        String result = output.lines()
                .filter(line -> line.startsWith(RESULT))
                .findFirst()
                .orElseThrow(() -> new IOException("the process of " + trial + " ended early: " + output));
        String[] figures = result.substring(RESULT.length()).split(" ");
        double[] milliseconds = new double[figures.length - 1];
        for (int i = 0; i < milliseconds.length; i++) {
            milliseconds[i] = Double.parseDouble(figures[i + 1]);
        }
        return new OneProcess(Double.parseDouble(figures[0]), milliseconds);
    }
}
