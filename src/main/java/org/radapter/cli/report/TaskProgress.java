package org.radapter.cli.report;

import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.radapter.data.Progress;

/**
 * Shows how far a long task is, and the next one after it: a bar for each on a terminal, elsewhere a line when a task
 * begins and every few seconds. Close it when the last one ends.
 */
public final class TaskProgress implements Progress, AutoCloseable {
    private static final long NANOS_BETWEEN_LINES = 5_000_000_000L;

    private final Output output;
    private final LongSupplier clock;
    private @Nullable ProgressBar bar;
    private String current = "";
    private long lastLine;

    /** Progress shown on {@code output}. */
    public TaskProgress(Output output) {
        this(output, System::nanoTime);
    }

    TaskProgress(Output output, LongSupplier clock) {
        this.output = output;
        this.clock = clock;
    }

    @Override
    public synchronized void update(String task, long done, long total) {
        boolean begins = !task.equals(current);
        if (begins) {
            close();
            current = task;
        }
        if (output.terminal()) {
            ProgressBar shown = bar == null ? begin(task, total) : bar;
            bar = shown.stepTo(done);
        } else if (begins || clock.getAsLong() - lastLine >= NANOS_BETWEEN_LINES) {
            lastLine = clock.getAsLong();
            output.stream().println(total < 0 ? task + ": " + done : task + ": " + done + " of " + total);
        }
    }

    private ProgressBar begin(String task, long total) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                .setConsumer(new ConsoleProgressBarConsumer(output.stream()))
                .build();
    }

    @Override
    public synchronized void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
        current = "";
    }
}
