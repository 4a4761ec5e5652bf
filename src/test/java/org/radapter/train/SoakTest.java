package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.JavaProcess;

/**
 * Models made, trained, saved and closed over and over do not make the process grow: for some seconds in a build, {@code
 * mvn -Dtest=SoakTest -Dradapter.soak.seconds=3600 test} for an hour.
 */
class SoakTest {
    private static final int SECONDS = Integer.getInteger("radapter.soak.seconds", 6);
    /** What malloc and the JVM itself may still take after the first third. */
    private static final long MOST_GROWTH_KIBIBYTES = 16 << 10;

    @Test
    void memoryDoesNotGrow(@TempDir Path folder) throws Exception {
        // a heap of which every page is there from the start, so that what grows is native
        List<String> options =
                List.of("-Xms128m", "-Xmx128m", "-XX:+UseSerialGC", "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1");
        String out = JavaProcess.output(
                JavaProcess.of(options, Soak.class, List.of(Integer.toString(SECONDS), folder.toString())));
        String[] numbers =
                out.lines().reduce((first, last) -> last).orElseThrow().split(" ");
        long rounds = Long.parseLong(numbers[0]);
        long warm = Long.parseLong(numbers[1]);
        long end = Long.parseLong(numbers[2]);
        System.out.println(rounds + " rounds in " + SECONDS + " s, from " + warm + " to " + end + " KiB");
        assertThat(rounds).isPositive();
        assertThat(end - warm).isLessThan(MOST_GROWTH_KIBIBYTES);
    }

    /** Prints rounds, resident memory after a third of the time, and at the end. */
    static final class Soak {
        public static void main(String[] arguments) throws IOException {
            long length = TimeUnit.SECONDS.toNanos(Long.parseLong(arguments[0]));
            Path folder = Path.of(arguments[1]);
            long start = System.nanoTime();
            long warm = 0;
            long rounds = 0;
            while (System.nanoTime() - start < length || warm == 0) {
                TinyTraining.run(folder);
                rounds++;
                if (warm == 0 && System.nanoTime() - start >= length / 3) {
                    warm = residentKibibytes();
                }
            }
            System.out.println(rounds + " " + warm + " " + residentKibibytes());
        }

        private static long residentKibibytes() {
            try {
                return Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .findFirst()
                        .orElseThrow();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
