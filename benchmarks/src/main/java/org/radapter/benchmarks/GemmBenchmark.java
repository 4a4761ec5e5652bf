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
import org.radapter.kernels.Activation;
import org.radapter.kernels.PackedMatrix;
import org.radapter.tensor.Tensor;

/** The first product of an MLP: [m, d] by a frozen [d, 4d], with bias and QuickGELU. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class GemmBenchmark {
    private static final int INPUTS = 4;

    /** Rows. */
    @Param("394")
    public int m;

    /** Width of the tower. */
    @Param({"192", "768"})
    public int d;

    private Tensor[] x;
    private Tensor weight;
    private Tensor bias;
    private Tensor y;
    private PackedMatrix packed;
    private int next;

    /** Makes inputs. */
    @Setup(Level.Trial)
    public void open(Operators operators) {
        x = operators.normals(INPUTS, 1, m, d);
        weight = operators.normal(Math.sqrt(1.0 / d), d, 4L * d);
        bias = operators.normal(0.1, 4L * d);
        y = operators.empty(m, 4L * d);
        packed = operators.kernels().pack(false, weight);
    }

    /** Frees the packed weight. */
    @TearDown(Level.Trial)
    public void close() {
        packed.close();
    }

    /** With the weight as it is stored. */
    @Benchmark
    public Tensor plain(Operators operators, Work work) {
        operators.kernels().gemm(false, false, input(), weight, bias, Activation.QUICK_GELU, null, null, y);
        work.add(8.0 * m * d * d);
        return y;
    }

    /** With the weight packed once before. */
    @Benchmark
    public Tensor packed(Operators operators, Work work) {
        operators.kernels().gemmPacked(input(), packed, bias, Activation.QUICK_GELU, null, null, y);
        work.add(8.0 * m * d * d);
        return y;
    }

    private Tensor input() {
        next = (next + 1) % INPUTS;
        return x[next];
    }
}
