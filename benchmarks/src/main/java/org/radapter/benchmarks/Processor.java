package org.radapter.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What Linux says of the processor. */
final class Processor {
    private Processor() {}

    /** A line of {@code /proc/cpuinfo}, such as {@code model name}; {@code unknown} if there is none. */
    static String fact(String name) {
        return fact(Path.of("/proc/cpuinfo"), name);
    }

    /** What follows a name in a file of {@code name: value} lines. */
    static String fact(Path file, String name) {
        try {
            return Files.readAllLines(file, StandardCharsets.UTF_8).stream()
                    .filter(line -> line.matches(name + "\\s*:.*"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether it has instructions for products of bf16. */
    static boolean multipliesBf16() {
        List<String> flags = List.of(fact("flags").split(" "));
        return flags.contains("avx512_bf16") || flags.contains("amx_bf16");
    }
}
