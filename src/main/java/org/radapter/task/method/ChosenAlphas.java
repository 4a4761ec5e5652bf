package org.radapter.task.method;

import java.util.List;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.StepMemory;

/**
 * A run whose parts were merged at α of their own, chosen on validation.
 *
 * @param alpha mean of them
 */
record ChosenAlphas(Recogniser model, long steps, double seconds, long trainedParameters, long peakBytes, double alpha)
        implements Learned {
    /** What was chosen of a run with these settings. */
    static ChosenAlphas of(
            Bench bench, Bench.Run run, FineTuneSettings settings, Recogniser model, double seconds, double alpha) {
        return new ChosenAlphas(
                model,
                settings.schedule().steps(),
                seconds,
                run.tuned().trainedParameters(),
                new StepMemory(bench.base().config(), 0).peakBytes(settings),
                alpha);
    }

    @Override
    public List<Double> alphas() {
        return List.of(alpha);
    }

    @Override
    public double fixedAlpha() {
        return alpha;
    }

    @Override
    public boolean choosesAlpha() {
        return true;
    }

    @Override
    public Recogniser at(double ignored) {
        return model;
    }

    @Override
    public void close() {
        model.close();
    }
}
