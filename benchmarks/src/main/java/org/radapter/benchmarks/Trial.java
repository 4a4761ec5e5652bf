package org.radapter.benchmarks;

/** One thing that is timed: a benchmark with its parameters. */
record Trial(Class<? extends OperatorBenchmark> benchmark, String shape, Precision precision, String backend) {
    /** A new instance, for its shapes and costs. */
    OperatorBenchmark instance() {
        return instance(benchmark);
    }

    static OperatorBenchmark instance(Class<? extends OperatorBenchmark> benchmark) {
        try {
            return benchmark.getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(benchmark + " has no constructor without arguments", e);
        }
    }

    @Override
    public String toString() {
        return benchmark.getSimpleName() + " " + shape + " " + precision.label() + " " + backend;
    }
}
