package org.radapter.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.radapter.train.StepReport;

class TrainingProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private final AtomicLong now = new AtomicLong(7_000_000_000L);

    private String shown() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static StepReport report(long step, double loss) {
        return new StepReport(step, loss, 1, 1e-4, 0);
    }

    @Test
    void withoutATerminalALineComesEveryFewSecondsAndAtTheEnd() {
        Output output = new Output(stream, false);
        try (TrainingProgress progress = new TrainingProgress("Fine-tuning", 0, 20, 64, output, now::get)) {
            for (int step = 0; step < 20; step++) {
                now.addAndGet(500_000_000L);
                progress.stepped(report(step, 2 - step / 20.0));
            }
            progress.notice("A notice.");
        }
        assertThat(shown().lines())
                .containsExactly(
                        "Fine-tuning: step 10 of 20, loss 1.550, 128 images/s, 5.0 s left",
                        "Fine-tuning: step 20 of 20, loss 1.050, 128 images/s",
                        "A notice.");
    }

    @Test
    void aResumedRunCountsItsOwnStepsForTheTimeLeft() {
        Output output = new Output(stream, false);
        try (TrainingProgress progress = new TrainingProgress("Run", 90, 1000, 10, output, now::get)) {
            now.addAndGet(10_000_000_000L);
            progress.stepped(new StepReport(90, Double.NaN, 1, 1e-4, 2));
        }
        assertThat(shown().strip()).isEqualTo("Run: step 91 of 1000, loss –, 1 images/s, 2 skipped, 2 h 31 min left");
    }

    @Test
    void onATerminalABarShowsLossAndSpeed() {
        Output output = new Output(stream, true);
        try (TrainingProgress progress = new TrainingProgress("Fine-tuning", 0, 4, 64, output, now::get)) {
            for (int step = 0; step < 4; step++) {
                now.addAndGet(500_000_000L);
                progress.stepped(report(step, .75));
            }
        }
        assertThat(shown()).contains("Fine-tuning").contains("4/4").contains("loss 0.750");
    }

    @Test
    void tasksAreShownOneAfterAnother() {
        try (TaskProgress progress = new TaskProgress(new Output(stream, false), now::get)) {
            progress.update("Rendering", 0, 100);
            progress.update("Rendering", 1, 100);
            now.addAndGet(6_000_000_000L);
            progress.update("Rendering", 50, 100);
            progress.update("Reading", 3, -1);
        }
        assertThat(shown().lines()).containsExactly("Rendering: 0 of 100", "Rendering: 50 of 100", "Reading: 3");
    }

    @Test
    void durationsAreWords() {
        assertThat(Durations.words(.44)).isEqualTo("0.4 s");
        assertThat(Durations.words(9.96)).isEqualTo("10 s");
        assertThat(Durations.words(59.7)).isEqualTo("1 min 0 s");
        assertThat(Durations.words(7500)).isEqualTo("2 h 5 min");
    }
}
