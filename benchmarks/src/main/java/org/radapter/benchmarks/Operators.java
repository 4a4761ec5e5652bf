package org.radapter.benchmarks;

import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.CounterRandom;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** A backend with an arena, and tensors of random numbers in it. */
@State(Scope.Thread)
public class Operators {
    /** Backend that is measured. */
    @Param({"cpu", "reference"})
    public String backend;

    /** Threads of the CPU backend; the reference has one. */
    @Param("1")
    public int threads;

    private final CounterRandom random = new CounterRandom(1);
    private Kernels kernels;
    private Arena arena;
    private long made;

    /** Opens the backend. */
    @Setup(Level.Trial)
    public void open() {
        kernels = Backends.open(backend, BackendOptions.DEFAULT.withThreads(threads));
        arena = kernels.device().arena("benchmark");
    }

    /** Closes it. */
    @TearDown(Level.Trial)
    public void close() {
        arena.close();
        kernels.close();
    }

    Kernels kernels() {
        return kernels;
    }

    Arena arena() {
        return arena;
    }

    /** Normal numbers with the given deviation. */
    Tensor normal(double deviation, long... shape) {
        Tensor tensor = arena.allocate(DType.F32, shape);
        long site = made++;
        for (long i = 0; i < tensor.size(); i++) {
            tensor.set(i, deviation * random.normal(0, site, i));
        }
        return tensor;
    }

    /** Undefined content. */
    Tensor empty(long... shape) {
        return arena.allocate(DType.F32, shape);
    }

    /** {@code count} tensors: a benchmark goes round them, so that it does not measure a warm cache alone. */
    Tensor[] normals(int count, double deviation, long... shape) {
        Tensor[] tensors = new Tensor[count];
        for (int i = 0; i < count; i++) {
            tensors[i] = normal(deviation, shape);
        }
        return tensors;
    }
}
