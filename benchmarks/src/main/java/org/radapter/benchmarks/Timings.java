package org.radapter.benchmarks;

import java.util.Arrays;
import java.util.List;

/** All that a run has timed so far. */
record Timings(List<Timing> all) {
    /** Every iteration of a trial, of all rounds; none if it has not run. */
    double[] of(Trial trial, String settings) {
        return all.stream()
                .filter(timing -> timing.trial().equals(trial.toString())
                        && timing.settings().equals(settings))
                .flatMapToDouble(timing -> Arrays.stream(timing.milliseconds()))
                .toArray();
    }

    /** Median of a trial in ms, infinite if it has not run. */
    double median(Trial trial, String settings) {
        double[] milliseconds = of(trial, settings);
        return milliseconds.length == 0 ? Double.POSITIVE_INFINITY : Statistics.median(milliseconds);
    }

    /** Peak memory of a trial in bytes, NaN if it was not measured. */
    double peak(Trial trial) {
        double[] peaks = all.stream()
                .filter(timing -> timing.trial().equals(trial.toString()))
                .mapToDouble(Timing::peak)
                .filter(Double::isFinite)
                .toArray();
        return peaks.length == 0 ? Double.NaN : Statistics.median(peaks);
    }

    /** Bytes of Java heap a call of ours allocated, by JMH's own profiler. */
    double allocated(Trial trial) {
        return all.stream()
                .filter(timing -> timing.trial().equals(trial.toString()))
                .mapToDouble(Timing::allocated)
                .filter(Double::isFinite)
                .min()
                .orElse(Double.NaN);
    }
}
