package org.radapter.benchmarks;

import java.io.IOException;

/** What one call of {@link MpmNce} takes of memory at its peak, outputs included, in a process of its own. */
public class MpmNceMemory extends MpmNce {
    /** Measures a trial of this in a new process. */
    static Timing measure(Trial trial, String settings, int round) throws IOException {
        OneProcess process = OneProcess.measure(trial, NativeOperation.THREADS, 0);
        return new Timing(trial.toString(), settings, round, Double.NaN, process.peak(), process.milliseconds());
    }
}
