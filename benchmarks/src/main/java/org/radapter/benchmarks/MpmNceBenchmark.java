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
import org.radapter.kernels.Positives;
import org.radapter.tensor.Tensor;

/** MPM-NCE of n images and n texts with its gradients, several positives a row. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MpmNceBenchmark {
    private static final int CLASSES = 40;

    /** Images, and texts. */
    @Param("256")
    public int n;

    /** Width of the embeddings. */
    @Param("512")
    public int d;

    private Tensor f;
    private Tensor g;
    private Tensor losses;
    private Tensor dF;
    private Tensor dG;
    private Positives positives;

    /** Makes unit rows and labels. */
    @Setup(Level.Trial)
    public void open(Operators operators) {
        f = unitRows(operators);
        g = unitRows(operators);
        losses = operators.empty(3);
        dF = operators.empty(n, d);
        dG = operators.empty(n, d);
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) {
            labels[i] = i % CLASSES;
        }
        positives = Positives.labels(operators.arena(), labels, labels);
    }

    private Tensor unitRows(Operators operators) {
        Tensor rows = operators.normal(1, n, d);
        operators.kernels().normalize(rows, rows, operators.empty(n));
        return rows;
    }

    /** Losses and gradients. */
    @Benchmark
    public Tensor step(Operators operators, Work work) {
        operators.kernels().contrastive(f, g, positives, 100, null, 0.05, 0.05, losses, dF, dG, null);
        work.add(6.0 * n * n * d);
        return losses;
    }
}
