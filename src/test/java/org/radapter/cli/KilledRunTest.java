package org.radapter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.JavaProcess;
import org.radapter.cli.report.MetricsFile;

/**
 * {@code finetune} in a process of its own, left alone and killed at random moments: a few times in a build, {@code mvn
 * -Dtest=KilledRunTest -Dradapter.kills=1000 test} often.
 */
class KilledRunTest {
    private static final int STEPS = 120;
    private static final int KILLS = Integer.getInteger("radapter.kills", 4);
    /** Of one run, before it is left to end. */
    private static final int KILLS_OF_A_RUN = 4;

    private static final int IMAGES = 3;

    @TempDir
    static Path folder;

    @BeforeAll
    static void modelAndImages() throws IOException {
        SmallModel.write(folder.resolve("model"));
        List<Color> colors = List.of(Color.RED, Color.GREEN, Color.BLUE);
        for (int c = 0; c < colors.size(); c++) {
            for (int i = 0; i < IMAGES; i++) {
                SmallModel.image(folder.resolve("classes/c" + c + "/" + i + ".png"), colors.get(c), i);
            }
        }
    }

    private static Process start(Path run, int threads) throws IOException {
        Files.createDirectories(run);
        List<String> options =
                List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true");
        List<String> arguments = List.of(
                "finetune",
                "--model",
                folder.resolve("model").toString(),
                "--folder",
                folder.resolve("classes").toString(),
                "--run",
                run.toString(),
                "--steps",
                Integer.toString(STEPS),
                "--batch",
                "16",
                "--threads",
                Integer.toString(threads));
        return JavaProcess.of(options, Main.class, arguments)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output(run).toFile()))
                .start();
    }

    private static Path output(Path run) {
        return run.resolveSibling(run.getFileName() + ".txt");
    }

    private static void finish(Path run, int threads) throws IOException, InterruptedException {
        Process process = start(run, threads);
        if (!process.waitFor(10, TimeUnit.MINUTES)) {
            process.destroyForcibly();
        }
        assertThat(process.waitFor()).as(Files.readString(output(run))).isZero();
    }

    /** Number of steps in the run's metrics. */
    private static long steps(Path run) throws IOException {
        Path metrics = run.resolve("metrics.csv");
        return Files.exists(metrics) ? MetricsFile.read(metrics).size() : 0;
    }

    /** The step a run would be resumed at. */
    private static int checkpoint(Path run) throws IOException {
        Path folder = run.resolve("checkpoint").resolve("r-adapter-1");
        if (!Files.exists(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("step-"))
                    .mapToInt(name -> Integer.parseInt(name.replaceAll("\\D", "")))
                    .max()
                    .orElse(0);
        }
    }

    /** Kills a run some milliseconds after it has taken some steps; false if it ended before. */
    private static boolean kill(Path run, int threads, int steps, int milliseconds)
            throws IOException, InterruptedException {
        long last = steps(run);
        int seen = 0;
        Process process = start(run, threads);
        while (seen < steps && process.isAlive()) {
            Thread.sleep(2);
            long now = steps(run);
            seen += now > last ? (int) (now - last) : now < last ? 1 : 0;
            last = now;
        }
        boolean ended = process.waitFor(milliseconds, TimeUnit.MILLISECONDS);
        process.destroyForcibly().waitFor();
        return !ended;
    }

    @Test
    void threadsAndKillsDoNotChangeAByte() throws IOException, InterruptedException {
        Path one = folder.resolve("one");
        Path two = folder.resolve("two");
        finish(one, 1);
        finish(two, 2);
        byte[] expected = Files.readAllBytes(one.resolve("adapter.safetensors"));
        assertThat(two.resolve("adapter.safetensors")).hasBinaryContent(expected);

        long seed = System.nanoTime();
        Random random = new Random(seed);
        int kills = 0;
        for (int left = KILLS; left > 0; left -= KILLS_OF_A_RUN) {
            Path killed = folder.resolve("killed" + left);
            kills += killedRun(killed, one, random, Math.min(left, KILLS_OF_A_RUN), "seed " + seed);
        }
        assertThat(kills).as("seed %d", seed).isPositive();
        System.out.println("seed " + seed + ": " + kills + " kills");
    }

    /** Kills a run some times, lets it end, and compares it with one that was left alone; how often a kill hit. */
    private static int killedRun(Path killed, Path alone, Random random, int tries, String seed)
            throws IOException, InterruptedException {
        List<String> moments = new ArrayList<>();
        int kills = 0;
        for (int i = 0; i < tries; i++) {
            int left = STEPS - checkpoint(killed);
            int steps = random.nextInt(left + 1);
            int milliseconds = random.nextInt(steps == 0 ? 1000 : 20);
            boolean hit = kill(killed, 1 + i % 2, steps, milliseconds);
            kills += hit ? 1 : 0;
            moments.add(steps + " of " + left + " steps and " + milliseconds + " ms" + (hit ? "" : " (ended before)"));
        }
        finish(killed, 2);
        String which = seed + ", killed after " + moments;
        for (String file : List.of("adapter.safetensors", "merged.safetensors")) {
            assertThat(killed.resolve(file)).as(which).hasBinaryContent(Files.readAllBytes(alone.resolve(file)));
        }
        assertThat(MetricsFile.read(killed.resolve("metrics.csv")).stream().map(MetricsFile.Line::step))
                .as(which)
                .containsExactlyElementsOf(LongStream.range(0, STEPS).boxed().toList());
        assertThat(losses(killed)).as(which).isEqualTo(losses(alone));
        assertThat(files(killed)).as(which).isEqualTo(files(alone));
        return kills;
    }

    private static List<Double> losses(Path run) throws IOException {
        return MetricsFile.read(run.resolve("metrics.csv")).stream()
                .map(MetricsFile.Line::loss)
                .toList();
    }

    /** All files but TensorBoard's, of which each start of a run writes one of its own. */
    private static List<String> files(Path run) throws IOException {
        try (Stream<Path> files = Files.walk(run)) {
            return files.map(file -> run.relativize(file).toString())
                    .filter(file -> !file.startsWith("tensorboard"))
                    .sorted()
                    .toList();
        }
    }
}
