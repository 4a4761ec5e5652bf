package org.radapter.distributed;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A Java program of the tests in a process of its own. It is ended when it takes too long. */
public final class ChildProcess {
    private static final int ASKS_FOR_NATIVE_ACCESS = 24;
    private static final int MOST_SECONDS = 240;

    /** Gloo greets on standard output. */
    private static final Pattern GLOO = Pattern.compile("^\\[Gloo] .*\\n", Pattern.MULTILINE);

    private final Process process;
    private final CompletableFuture<String> output;

    private ChildProcess(Process process) {
        this.process = process;
        this.output = CompletableFuture.supplyAsync(() -> read(process));
    }

    /** What a process left: its status, and all that it printed, Gloo's greetings apart. */
    public record Result(int status, String output) {}

    /** Starts a class with the class path of the tests. */
    public static ChildProcess start(List<String> options, Class<?> main, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= ASKS_FOR_NATIVE_ACCESS) {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.add("-Xmx512m");
        // no log, and none of SLF4J's remarks on the choice: what the program prints is held against what it should
        command.add("-Dslf4j.provider=org.slf4j.nop.NOPServiceProvider");
        command.add("-Dslf4j.internal.verbosity=WARN");
        command.add("-Dorg.bytedeco.javacpp.maxBytes=0");
        command.add("-Dorg.bytedeco.javacpp.maxPhysicalBytes=0");
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return new ChildProcess(
                new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    private static String read(Process process) {
        try {
            String all = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return GLOO.matcher(all).replaceAll("");
        } catch (IOException e) {
            return "its output could not be read: " + e;
        }
    }

    /** Waits for its end. */
    public Result await() throws InterruptedException {
        if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError("still running after " + MOST_SECONDS + " s: " + output.join());
        }
        return new Result(process.exitValue(), output.join());
    }
}
