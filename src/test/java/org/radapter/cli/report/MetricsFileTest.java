package org.radapter.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.radapter.SmallDisk;
import org.radapter.train.StepReport;
import org.radapter.weights.WeightsFormatException;

class MetricsFileTest {
    @TempDir
    Path folder;

    private static MetricsFile.Line line(String method, long seed, long step) {
        return new MetricsFile.Line(method, seed, step, 1.0 / (step + 1), .5, 5e-4, 0, 812.5);
    }

    private static void steps(MetricsFile metrics, String method, long seed, int from, int to) throws IOException {
        for (int step = from; step < to; step++) {
            metrics.append(line(method, seed, step));
        }
    }

    @Test
    void aLineIsInTheFileAsSoonAsItIsWritten() throws IOException {
        Path file = folder.resolve("metrics.csv");
        try (MetricsFile metrics = MetricsFile.open(file)) {
            assertThat(Files.readString(file)).isEqualTo(MetricsFile.HEADER + "\n");
            metrics.append(line("full", 3, 0));
            assertThat(Files.readString(file))
                    .isEqualTo("method,seed,step,loss,gradient_norm,learning_rate,skipped,pairs_per_second\n"
                            + "full,3,0,1.0,0.5,5.0E-4,0,812.5\n");
        }
        assertThat(MetricsFile.read(file)).containsExactly(line("full", 3, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "r-adapter,2,9,0.0", "r-adapter,2,9,0.09,0.5,5.0E-4,0,8"})
    void aResumedRunLeavesTheFileOfAnUnbrokenOne(String torn) throws IOException {
        Path unbroken = folder.resolve("unbroken.csv");
        try (MetricsFile metrics = MetricsFile.open(unbroken)) {
            steps(metrics, "r-adapter", 1, 0, 12);
            steps(metrics, "r-adapter", 2, 0, 12);
        }
        Path resumed = folder.resolve("resumed.csv");
        try (MetricsFile metrics = MetricsFile.open(resumed)) {
            steps(metrics, "r-adapter", 1, 0, 12);
            steps(metrics, "r-adapter", 2, 0, 9);
        }
        Files.writeString(resumed, torn, StandardOpenOption.APPEND);
        try (MetricsFile metrics = MetricsFile.open(resumed)) {
            steps(metrics, "r-adapter", 2, 5, 12);
        }
        assertThat(resumed).hasSameTextualContentAs(unbroken);
    }

    /** Also within one opening of the file, and when the new run is shorter. */
    @Test
    void aRunThatBeginsAgainReplacesItsOwnLinesAlone() throws IOException {
        Path file = folder.resolve("metrics.csv");
        try (MetricsFile metrics = MetricsFile.open(file)) {
            steps(metrics, "full", 1, 0, 3);
            steps(metrics, "r-adapter", 1, 0, 3);
            steps(metrics, "full", 1, 0, 1);
        }
        assertThat(MetricsFile.read(file))
                .containsExactly(
                        line("r-adapter", 1, 0), line("r-adapter", 1, 1), line("r-adapter", 1, 2), line("full", 1, 0));
    }

    @Test
    void aRunThatHasNoStepLeftKeepsItsLines() throws IOException {
        Path file = folder.resolve("metrics.csv");
        try (MetricsFile metrics = MetricsFile.open(file)) {
            steps(metrics, "full", 1, 0, 3);
        }
        byte[] before = Files.readAllBytes(file);
        try (MetricsFile metrics = MetricsFile.open(file)) {
            new MetricsListener(metrics, "full", 1, 128).notice("nothing to do");
        }
        assertThat(file).hasBinaryContent(before);
    }

    @Test
    void aListenerOfAResumedRunKeepsWhatWentBefore() throws IOException {
        Path file = folder.resolve("metrics.csv");
        try (MetricsFile metrics = MetricsFile.open(file)) {
            steps(metrics, "full", 1, 0, 9);
        }
        try (MetricsFile metrics = MetricsFile.open(file)) {
            MetricsListener listener = new MetricsListener(metrics, "full", 1, 128);
            for (long step = 5; step < 12; step++) {
                listener.stepped(new StepReport(step, 2.5, .7, 1e-4, 0));
            }
        }
        assertThat(MetricsFile.read(file).stream().map(MetricsFile.Line::step))
                .containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
        assertThat(MetricsFile.read(file).subList(0, 5)).contains(line("full", 1, 0), line("full", 1, 4));
    }

    @Test
    void skippedStepsAndTheirLossesComeBack() throws IOException {
        Path file = folder.resolve("metrics.csv");
        try (MetricsFile metrics = MetricsFile.open(file)) {
            metrics.append(
                    new MetricsFile.Line("full", 1, 0, Double.NaN, Double.POSITIVE_INFINITY, 5e-4, 1, Double.NaN));
        }
        List<LossCurve> curves = MetricsFile.curves(file);
        assertThat(curves).hasSize(1);
        assertThat(curves.get(0).points().get(0).loss()).isNaN();
        assertThat(MetricsFile.read(file).get(0).skipped()).isEqualTo(1);
    }

    @Test
    void curvesAreThoseOfTheRuns() throws IOException {
        Path file = folder.resolve("metrics.csv");
        try (MetricsFile metrics = MetricsFile.open(file)) {
            steps(metrics, "full", 1, 0, 2);
            steps(metrics, "full", 2, 0, 1);
        }
        assertThat(MetricsFile.curves(file))
                .containsExactly(
                        new LossCurve(
                                "full", 1, List.of(new LossCurve.Point(0, 1, 5e-4), new LossCurve.Point(1, .5, 5e-4))),
                        new LossCurve("full", 2, List.of(new LossCurve.Point(0, 1, 5e-4))));
    }

    @Test
    void aFileThatIsNoneIsLeftAlone() throws IOException {
        Path file = folder.resolve("metrics.csv");
        Files.writeString(file, "name,price\napple,3\n");
        assertThatThrownBy(() -> MetricsFile.open(file))
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("metrics.csv")
                .hasMessageContaining("move it away");
        assertThat(file).hasContent("name,price\napple,3\n");
        Files.writeString(file, MetricsFile.HEADER + "\nfull,1,0\nfull,1,1\n");
        assertThatThrownBy(() -> MetricsFile.open(file)).hasMessageContaining("line 2");
    }

    @Test
    void aNameThatWouldBreakTheFileIsRefused() {
        assertThatThrownBy(() -> line("a,b", 1, 0)).hasMessageContaining("without commas");
        assertThatThrownBy(() -> line("a\nb", 1, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aListenerWritesEveryStep() throws IOException {
        Path file = folder.resolve("metrics.csv");
        MetricsFile metrics = MetricsFile.open(file);
        MetricsListener listener = new MetricsListener(metrics, "full", 1, 128);
        listener.stepped(new StepReport(0, 2.5, .7, 1e-4, 0));
        listener.stepped(new StepReport(1, 2.25, .6, 2e-4, 1));
        assertThat(MetricsFile.read(file).stream().map(MetricsFile.Line::loss)).containsExactly(2.5, 2.25);
        assertThat(MetricsFile.read(file).get(1).pairsPerSecond()).isPositive();
        metrics.close();
        assertThatThrownBy(() -> listener.stepped(new StepReport(2, 2, .6, 2e-4, 1)))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("metrics");
    }

    @Test
    void aFullDiskIsSaidAndTheStepsBeforeAreKept() throws IOException, InterruptedException {
        try (SmallDisk disk = new SmallDisk(folder.resolve("small"), 64)) {
            Path file = disk.directory().resolve("metrics.csv");
            MetricsFile metrics = MetricsFile.open(file);
            MetricsListener listener = new MetricsListener(metrics, "full", 1, 128);
            disk.fill();
            long[] step = {0};
            assertThatThrownBy(() -> {
                        while (true) {
                            listener.stepped(new StepReport(step[0], 2, .6, 2e-4, 0));
                            step[0]++;
                        }
                    })
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("metrics.csv")
                    .hasMessageContaining("disk is full")
                    .hasMessageContaining("free some space");
            metrics.close();
            assertThat(MetricsFile.read(file)).hasSize((int) step[0]);
        }
    }
}
