package org.radapter.task.method;

import java.io.IOException;
import java.util.List;

/** What a method learned: a model, or a line of models between the one before (α = 0) and the last (α = 1). */
public interface Learned extends AutoCloseable {
    /** The one α of a method without a line. */
    List<Double> SINGLE = List.of(1.0);

    /** Optimiser steps taken, in all runs together. */
    long steps();

    /** Time that learning took, in seconds. */
    double seconds();

    /** How many numbers were trained. */
    long trainedParameters();

    /** Most memory of a training step in bytes, as far as it is accounted for; 0 if nothing was trained. */
    long peakBytes();

    /** The α there are models at: those of the budget, or {@link #SINGLE}. */
    List<Double> alphas();

    /**
     * The α that the method's own source names; {@link Double#NaN} where it leaves the choice to validation.
     */
    double fixedAlpha();

    /** Whether the method itself chose α on the lesson's validation images; the only α of such a method is its mean. */
    default boolean choosesAlpha() {
        return false;
    }

    /**
     * The model at one α; the caller closes it before asking for another.
     *
     * @throws IOException never in practice: nothing is read from a file
     */
    Recogniser at(double alpha) throws IOException;

    @Override
    void close();
}
