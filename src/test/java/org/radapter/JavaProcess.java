package org.radapter;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A Java program of the tests in a process of its own, on the same JDK and with the options that this JDK needs. */
public final class JavaProcess {
    private static final int ASKS_FOR_NATIVE_ACCESS = 24;

    private JavaProcess() {}

    /**
     * The command that runs a class, with the class path of the tests.
     *
     * @param options for the virtual machine
     */
    public static ProcessBuilder of(List<String> options, Class<?> main, List<String> arguments) {
        return of(options, List.of(), main, arguments);
    }

    /** The same with more on the class path, in front of that of the tests. */
    public static ProcessBuilder of(List<String> options, List<Path> first, Class<?> main, List<String> arguments) {
        List<String> classPath = new ArrayList<>();
        first.forEach(path -> classPath.add(path.toString()));
        classPath.add(System.getProperty("java.class.path"));
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= ASKS_FOR_NATIVE_ACCESS) {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.add("-Dorg.bytedeco.javacpp.maxPhysicalBytes=0");
        command.addAll(options);
        command.addAll(List.of("-cp", String.join(File.pathSeparator, classPath), main.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectErrorStream(true);
    }

    /**
     * Runs it to its end.
     *
     * @return all that it printed
     * @throws AssertionError with all that it printed, if its status is not 0
     */
    public static String output(ProcessBuilder program) throws IOException, InterruptedException {
        Process process = program.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        if (status != 0) {
            throw new AssertionError("status " + status + ": " + output);
        }
        return output;
    }
}
