package org.radapter.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;

/** Says what was measured, and on what. */
final class Machine {
    private Machine() {}

    /** A Markdown list. */
    static String describe() {
        try (Kernels kernels = Backends.open("cpu", BackendOptions.DEFAULT.withThreads(NativeOperation.THREADS))) {
            return """
                    - Processor: %s (family %s, model %s), %d logical cores; %s
                    - Memory: %s
                    - System: %s %s, Java %s
                    - Other load (1, 5, 15 minutes) when this was written: %s
                    - Commit: %s
                    """.formatted(
                            after("/proc/cpuinfo", "model name"),
                            after("/proc/cpuinfo", "cpu family"),
                            after("/proc/cpuinfo", "model\t"),
                            Runtime.getRuntime().availableProcessors(),
                            kernels.description(),
                            after("/proc/meminfo", "MemTotal"),
                            System.getProperty("os.name"),
                            System.getProperty("os.version"),
                            Runtime.version(),
                            Files.readString(Path.of("/proc/loadavg")).replaceAll("( \\S+ \\S+)\\s*$", ""),
                            System.getProperty("radapter.benchmarks.commit", "unknown"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String after(String file, String key) throws IOException {
        for (String line : Files.readAllLines(Path.of(file), StandardCharsets.UTF_8)) {
            if (line.startsWith(key)) {
                return line.substring(line.indexOf(':') + 1).strip();
            }
        }
        return "unknown";
    }
}
