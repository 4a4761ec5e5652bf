package org.radapter.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** An operator, timed on one side; before ours is timed its results are held against a peer's. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 5, time = 1)
public abstract class OperatorBenchmark {
    /** Our side. */
    static final String OURS = "radapter";

    /** PyTorch's C++ library. */
    static final String LIBTORCH = "libtorch";

    /** Intel's library of products. */
    static final String ONEDNN = "onednn";

    /** Products as most programs on the JVM have them. */
    static final String OPENBLAS = "openblas";

    /** Arrays for the JVM. */
    static final String ND4J = "nd4j";

    /** Our reference backend, in plain Java. */
    static final String JAVA = "java";

    /** Type of the activations. */
    @Param({"fp32", "bf16"})
    public String dtype;

    /** Which side. */
    @Param({OURS, LIBTORCH})
    public String backend;

    private Operation operation;

    /** The shape that is measured. */
    abstract String shape();

    /** A shape small enough to be checked in a moment. */
    abstract String smallShape();

    /** One side's work. */
    abstract Operation open(String side, String shape, Precision precision);

    /** The least this work costs. */
    abstract Cost cost(String shape, Precision precision);

    /** The peer whose results ours must equal. */
    String peer() {
        return LIBTORCH;
    }

    /** The peer as the judge of our results; a benchmark whose peer is less exact than ours takes another. */
    Operation openReference(String shape, Precision precision) {
        return open(peer(), shape, precision);
    }

    /** The shape at which the whole is checked before it is timed. */
    String checkedShape() {
        return shape();
    }

    /** Calls before the results are compared, for a work that goes on from its last call. */
    int checkedRuns() {
        return 1;
    }

    /** Iterations that are measured; fewer where a call takes seconds. */
    int iterations(String shape, boolean quick) {
        return quick ? 3 : 5;
    }

    /** Largest relative difference of any result. */
    double tolerance(Precision precision) {
        return precision.tolerance();
    }

    /** Holds our results against the reference's. */
    final void check(String shape, Precision precision) {
        check(OURS, shape, precision);
    }

    private void check(String side, String shape, Precision precision) {
        try (Operation checked = open(side, shape, precision);
                Operation reference = openReference(shape, precision)) {
            for (int i = 0; i < checkedRuns(); i++) {
                checked.run();
                reference.run();
            }
            String what = getClass().getSimpleName() + " of " + side + " " + shape + " " + precision.label();
            Agreement.require(what, checked.results(), reference.results(), tolerance(precision));
        }
    }

    /** Checks all sides but the reference, then makes the inputs. */
    @Setup(Level.Trial)
    public void setUp() {
        Precision precision = Precision.of(dtype);
        if (!backend.equals(peer())) {
            check(backend, checkedShape(), precision);
        }
        operation = open(backend, shape(), precision);
    }

    /** Frees them. */
    @TearDown(Level.Trial)
    public void tearDown() {
        operation.close();
    }

    /** The work. */
    @Benchmark
    public void run() {
        operation.run();
    }
}
