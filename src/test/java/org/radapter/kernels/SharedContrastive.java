package org.radapter.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** A contrastive loss put together by several callers, each of which works on some of the rows and columns. */
final class SharedContrastive {
    private static final int NUMBERS_A_LINE = 3;

    final Tensor losses;
    final Tensor dF;
    final Tensor dG;
    final @Nullable Tensor dLogScale;

    private final Workbench bench;
    private final double scale;
    private final @Nullable Tensor logScale;
    private final double margin;
    private final double smoothing;
    private final int callers;

    SharedContrastive(
            Workbench bench,
            Tensor f,
            Tensor g,
            Positives positives,
            double scale,
            @Nullable Tensor logScale,
            double margin,
            double smoothing,
            int callers) {
        this.bench = bench;
        this.scale = scale;
        this.logScale = logScale;
        this.margin = margin;
        this.smoothing = smoothing;
        this.callers = callers;
        Tensor rowSums = sums(f, g, positives);
        Tensor columnSums = sums(g, f, positives.transposed());
        losses = bench.masterResult(3);
        dF = bench.activationResult(f.shape());
        dG = bench.activationResult(g.shape());
        Tensor parts = logScale == null ? null : bench.masterResult(f.rows(), 1);
        gradients(f, g, positives, rowSums, columnSums, losses, dF, parts);
        Tensor turned = bench.masterResult(3);
        gradients(g, f, positives.transposed(), columnSums, rowSums, turned, dG, null);
        assertThat(turned.toDoubles()).containsExactly(losses.get(0), losses.get(2), losses.get(1));
        dLogScale = parts == null ? null : bench.masterResult(1);
        if (parts != null) {
            bench.kernels.columnSum(parts, dLogScale);
        }
    }

    private long from(long n, int caller) {
        return n * caller / callers;
    }

    private Tensor sums(Tensor f, Tensor g, Positives positives) {
        double[] poison = new double[Math.toIntExact(f.rows() * NUMBERS_A_LINE)];
        Arrays.fill(poison, Double.NaN);
        Tensor sums = bench.arena.allocate(DType.F64, f.rows(), NUMBERS_A_LINE).copyFrom(poison);
        for (int caller = 0; caller < callers; caller++) {
            long from = from(f.rows(), caller);
            long to = from(f.rows(), caller + 1);
            if (to > from) {
                bench.kernels.contrastiveRowSums(
                        f, g, positives, scale, logScale, margin, smoothing, from, false, sums.rows(from, to));
            }
        }
        return sums;
    }

    private void gradients(
            Tensor f,
            Tensor g,
            Positives positives,
            Tensor rowSums,
            Tensor columnSums,
            Tensor sharedLosses,
            Tensor d,
            @Nullable Tensor parts) {
        for (int caller = 0; caller < callers; caller++) {
            long from = from(f.rows(), caller);
            long to = from(f.rows(), caller + 1);
            if (to > from) {
                bench.kernels.contrastiveRowGradients(
                        f,
                        g,
                        positives,
                        scale,
                        logScale,
                        margin,
                        smoothing,
                        from,
                        false,
                        rowSums,
                        columnSums,
                        sharedLosses,
                        d.rows(from, to),
                        parts == null ? null : parts.rows(from, to));
            }
        }
    }
}
