package org.radapter.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
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
                            Processor.fact("model name"),
                            Processor.fact("cpu family"),
                            Processor.fact("model"),
                            Runtime.getRuntime().availableProcessors(),
                            kernels.description(),
                            Processor.fact(Path.of("/proc/meminfo"), "MemTotal"),
                            System.getProperty("os.name"),
                            System.getProperty("os.version"),
                            Runtime.version(),
                            Files.readString(Path.of("/proc/loadavg")).replaceAll("( \\S+ \\S+)\\s*$", ""),
                            System.getProperty("radapter.benchmarks.commit", "unknown"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
