package org.radapter.kernels.jni;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.radapter.JavaProcess;

/** Runs a class of the tests in a JVM of its own, and says what it printed. */
final class Probe {
    private final Process process;

    private Probe(Process process) {
        this.process = process;
    }

    /** Starts {@code main} with the tests' class path, in front of it {@code first}. */
    static Probe start(Class<?> main, List<Path> first, List<String> options) throws IOException {
        List<String> all = new ArrayList<>(List.of("-Xmx256m", "-XX:+UseSerialGC"));
        all.addAll(options);
        return new Probe(JavaProcess.of(all, first, main, List.of()).start());
    }

    /** Everything it printed; fails unless it ends by itself with 0. */
    String output() throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("it does not end: " + output);
        }
        if (process.exitValue() != 0) {
            throw new AssertionError("exit " + process.exitValue() + ": " + output);
        }
        return output;
    }
}
