package org.radapter.benchmarks;

import java.util.Map;

/** One side's work with its inputs in place, to be run again and again. */
interface Operation extends AutoCloseable {
    /** Does the work once, whole. */
    void run();

    /** What the last run gave, by name: losses, outputs, gradients. */
    Map<String, float[]> results();

    @Override
    void close();
}
