package org.radapter.kernels.jni;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a class of the tests in a JVM of its own, and says what it printed. */
final class Probe {
    private final Process process;

    private Probe(Process process) {
        this.process = process;
    }

    /** Starts {@code main} with the tests' class path, in front of it {@code first}. */
    static Probe start(Class<?> main, List<Path> first, List<String> options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0"));
        command.addAll(options);
        List<String> classPath = new ArrayList<>();
        first.forEach(path -> classPath.add(path.toString()));
        classPath.add(System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", String.join(File.pathSeparator, classPath), main.getName()));
        return new Probe(new ProcessBuilder(command).redirectErrorStream(true).start());
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
