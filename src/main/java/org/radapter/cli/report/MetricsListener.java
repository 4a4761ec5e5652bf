package org.radapter.cli.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.radapter.train.StepReport;
import org.radapter.train.TrainingListener;

/** Writes a line of {@code metrics.csv} for every step of one run. */
public final class MetricsListener implements TrainingListener {
    private final MetricsFile file;
    private final String method;
    private final long seed;
    private final int pairs;
    private final Speed speed;

    /**
     * A listener of a run that begins, or goes on, now; whatever step it begins with, earlier lines of the run stay.
     *
     * @param file to write to, which stays open
     * @param method name of the method
     * @param seed of the run
     * @param pairs image–text pairs in a step
     */
    public MetricsListener(MetricsFile file, String method, long seed, int pairs) {
        this.file = file;
        this.method = method;
        this.seed = seed;
        this.pairs = pairs;
        this.speed = new Speed(System.nanoTime());
    }

    /** @throws UncheckedIOException if the line cannot be written, as on a full disk */
    @Override
    public void stepped(StepReport report) {
        speed.step(System.nanoTime());
        try {
            file.append(new MetricsFile.Line(
                    method,
                    seed,
                    report.step(),
                    report.loss(),
                    report.gradientNorm(),
                    report.learningRate(),
                    report.skipped(),
                    pairs * speed.stepsPerSecond()));
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }
}
