package org.radapter.cli.report;

import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.radapter.train.StepReport;
import org.radapter.train.TrainingListener;

/**
 * Shows how far a training run is: a bar with loss, images a second and time left on a terminal, elsewhere a line every
 * few seconds. Close it when the run ends.
 */
public final class TrainingProgress implements TrainingListener, AutoCloseable {
    private static final long NANOS_BETWEEN_LINES = 5_000_000_000L;
    private static final int BAR_INTERVAL_MILLIS = 250;
    private static final int CLEARED_COLUMNS = 100;

    private final String task;
    private final long steps;
    private final int pairs;
    private final Output output;
    private final LongSupplier clock;
    private final Speed speed;
    private final @Nullable ProgressBar bar;
    private long lastLine;

    /**
     * Progress of a run that begins, or goes on, now.
     *
     * @param task what runs, in a few words
     * @param firstStep 0, or the step the run is resumed at
     * @param steps number of steps in all
     * @param pairs image–text pairs in a step
     * @param output where to show it
     */
    public TrainingProgress(String task, long firstStep, long steps, int pairs, Output output) {
        this(task, firstStep, steps, pairs, output, System::nanoTime);
    }

    TrainingProgress(String task, long firstStep, long steps, int pairs, Output output, LongSupplier clock) {
        this.task = task;
        this.steps = steps;
        this.pairs = pairs;
        this.output = output;
        this.clock = clock;
        this.lastLine = clock.getAsLong();
        this.speed = new Speed(lastLine);
        this.bar = output.terminal() ? bar(firstStep) : null;
    }

    private ProgressBar bar(long firstStep) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(steps)
                .startsFrom(firstStep, Duration.ZERO)
                .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                .setUpdateIntervalMillis(BAR_INTERVAL_MILLIS)
                .setConsumer(new ConsoleProgressBarConsumer(output.stream()))
                .build();
    }

    @Override
    public void stepped(StepReport report) {
        long now = clock.getAsLong();
        speed.step(now);
        if (bar != null) {
            bar.setExtraMessage(" " + figures(report));
            bar.stepTo(report.step() + 1);
        } else if (now - lastLine >= NANOS_BETWEEN_LINES || report.step() + 1 == steps) {
            lastLine = now;
            output.stream().println(line(report));
        }
    }

    @Override
    public void notice(String sentence) {
        String cleared = bar == null ? "" : "\r" + " ".repeat(CLEARED_COLUMNS) + "\r";
        output.stream().println(cleared + sentence);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }

    private String line(StepReport report) {
        long done = report.step() + 1;
        String left = done < steps ? ", " + timeLeft(steps - done) + " left" : "";
        return task + ": step " + done + " of " + steps + ", " + figures(report) + left;
    }

    private String figures(StepReport report) {
        double perSecond = pairs * speed.stepsPerSecond();
        String rate = Double.isNaN(perSecond) ? "" : String.format(Locale.ROOT, ", %.0f images/s", perSecond);
        String skipped = report.skipped() == 0 ? "" : ", " + report.skipped() + " skipped";
        return "loss " + Figures.decimal(report.loss(), 3) + rate + skipped;
    }

    private String timeLeft(long stepsLeft) {
        double perSecond = speed.stepsPerSecond();
        return Double.isNaN(perSecond) ? "unknown time" : Durations.words(stepsLeft / perSecond);
    }
}
