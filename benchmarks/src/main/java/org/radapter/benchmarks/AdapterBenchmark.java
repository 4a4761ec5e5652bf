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
import org.openjdk.jmh.annotations.Warmup;
import org.radapter.tensor.Tensor;

/** R-Adapter of full and low rank on [m, d] activations. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AdapterBenchmark {
    private static final int INPUTS = 4;

    /** Rows. */
    @Param("394")
    public int m;

    /** Width of the tower. */
    @Param("192")
    public int d;

    /** Rank of the low-rank form. */
    @Param("8")
    public int rank;

    private Tensor[] x;
    private Tensor dy;
    private Tensor w;
    private Tensor down;
    private Tensor up;
    private Tensor scale;
    private Tensor y;
    private Tensor hidden;
    private Tensor dx;
    private Tensor dW;
    private Tensor dDown;
    private Tensor dUp;
    private Tensor dScale;
    private int next;

    /** Makes inputs. */
    @Setup(Level.Trial)
    public void open(Operators operators) {
        x = operators.normals(INPUTS, 1, m, d);
        dy = operators.normal(1, m, d);
        w = operators.normal(0.02, d, d);
        down = operators.normal(0.02, d, rank);
        up = operators.normal(0.02, rank, d);
        scale = operators.normal(1, 1);
        y = operators.empty(m, d);
        hidden = operators.empty(m, rank);
        dx = operators.empty(m, d);
        dW = operators.empty(d, d);
        dDown = operators.empty(d, rank);
        dUp = operators.empty(rank, d);
        dScale = operators.empty(1);
    }

    /** Y = X + s·XW. */
    @Benchmark
    public Tensor forward(Operators operators, Work work) {
        operators.kernels().adapter(input(), w, scale, null, null, y);
        work.add(2.0 * m * d * d);
        return y;
    }

    /** All gradients of the full form. */
    @Benchmark
    public Tensor backward(Operators operators, Work work) {
        operators.kernels().adapterBackward(input(), w, scale, null, dy, dx, dW, dScale);
        work.add(4.0 * m * d * d);
        return dx;
    }

    /** Y = X + s·(XD)U. */
    @Benchmark
    public Tensor lowRankForward(Operators operators, Work work) {
        operators.kernels().lowRankAdapter(input(), down, up, scale, null, null, hidden, y);
        work.add(4.0 * m * d * rank);
        return y;
    }

    /** Both directions of the low-rank form. */
    @Benchmark
    public Tensor lowRankStep(Operators operators, Work work) {
        Tensor input = input();
        operators.kernels().lowRankAdapter(input, down, up, scale, null, null, hidden, y);
        operators.kernels().lowRankAdapterBackward(input, hidden, down, up, scale, null, dy, dx, dDown, dUp, dScale);
        work.add(12.0 * m * d * rank);
        return dx;
    }

    private Tensor input() {
        next = (next + 1) % INPUTS;
        return x[next];
    }
}
