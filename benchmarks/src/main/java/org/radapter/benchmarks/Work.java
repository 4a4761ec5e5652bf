package org.radapter.benchmarks;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Floating-point operations done, which JMH divides by the time. */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Work {
    /** 10⁹ operations; the column says GFLOP/s. */
    public double gigaflops;

    void add(double operations) {
        gigaflops += operations * 1e-9;
    }
}
