package org.radapter.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.radapter.tensor.Tensor;

/** Every backward operator of the oracle against finite differences of its forward operator. */
final class BackwardOperatorsTest {
    private final Workbench bench = new Workbench(TestBackend.oracle());
    private final Kernels kernels = bench.kernels;
    private final RandomNumbers random = new RandomNumbers(0);

    @AfterEach
    void close() {
        bench.close();
    }

    private Tensor input(long... shape) {
        Tensor tensor = bench.activationResult(shape);
        return tensor.copyFrom(random.normal(tensor.size(), 1));
    }

    private Tensor result(long... shape) {
        return bench.activationResult(shape);
    }

    /** Σ weights ⊙ output after {@code forward}, whose gradient to the output is {@code weights}. */
    private static DoubleSupplier loss(Runnable forward, Tensor output, Tensor weights) {
        return () -> {
            forward.run();
            double sum = 0;
            for (long i = 0; i < output.size(); i++) {
                sum += output.get(i) * weights.get(i);
            }
            return sum;
        };
    }

    @ParameterizedTest
    @EnumSource(
            value = Activation.class,
            names = {"QUICK_GELU", "GELU"})
    void activations(Activation activation) {
        Tensor x = bench.activationResult(3, 7);
        x.copyFrom(random.normal(21, 2));
        Tensor dy = input(3, 7);
        Tensor y = result(3, 7);
        Tensor dx = result(3, 7);
        kernels.activationBackward(activation, x, dy, dx);
        FiniteDifferences.check("x", dx, x, loss(() -> kernels.activation(activation, x, y), y, dy));
    }

    @ParameterizedTest
    @EnumSource(
            value = Activation.class,
            names = {"QUICK_GELU", "GELU"})
    void productsWithAnActivation(Activation activation) {
        Tensor x = input(5, 3);
        Tensor inner = input(3, 7);
        Tensor bias = input(7);
        Tensor outer = input(7, 2);
        Tensor dy = input(5, 2);
        Tensor before = result(5, 7);
        Tensor hidden = result(5, 7);
        Tensor y = result(5, 2);
        Runnable forward = () -> {
            kernels.gemm(false, false, x, inner, bias, activation, before, null, hidden);
            kernels.gemm(false, false, hidden, outer, y);
        };
        DoubleSupplier loss = loss(forward, y, dy);
        loss.getAsDouble();
        Tensor dBefore = result(5, 7);
        Tensor dx = result(5, 3);
        Tensor dInner = result(3, 7);
        Tensor dBias = result(7);
        Tensor dOuter = result(7, 2);
        kernels.gemm(true, false, hidden, dy, dOuter);
        kernels.gemm(false, true, dy, outer, null, activation.gradient(), before, null, dBefore);
        kernels.gemm(true, false, x, dBefore, dInner);
        kernels.gemm(false, true, dBefore, inner, dx);
        kernels.columnSum(dBefore, dBias);
        FiniteDifferences.check("outer", dOuter, outer, loss);
        FiniteDifferences.check("inner", dInner, inner, loss);
        FiniteDifferences.check("x", dx, x, loss);
        FiniteDifferences.check("bias", dBias, bias, loss);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 13})
    void layerNorm(int columns) {
        Tensor x = input(5, columns);
        Tensor gain = input(columns);
        Tensor bias = input(columns);
        Tensor y = result(5, columns);
        Tensor mean = result(5);
        Tensor rstd = result(5);
        Tensor dy = input(5, columns);
        DoubleSupplier loss = loss(() -> kernels.layerNorm(x, gain, bias, 0.1, y, mean, rstd), y, dy);
        loss.getAsDouble();
        Tensor dx = result(5, columns);
        Tensor dGain = result(columns);
        Tensor dBias = result(columns);
        kernels.layerNormBackward(dy, x, gain, mean, rstd, null, dx, dGain, dBias);
        FiniteDifferences.check("x", dx, x, loss);
        FiniteDifferences.check("gain", dGain, gain, loss);
        FiniteDifferences.check("bias", dBias, bias, loss);

        Tensor residual = input(5, columns);
        double[] sum = dx.toDoubles();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += residual.get(i);
        }
        kernels.layerNormBackward(dy, x, gain, mean, rstd, residual, residual, null, null);
        assertThat(ErrorNorm.relative(residual.toDoubles(), sum)).isLessThan(1e-15);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 11})
    void normalize(int columns) {
        Tensor x = input(4, columns);
        Tensor y = result(4, columns);
        Tensor norm = result(4);
        Tensor dy = input(4, columns);
        DoubleSupplier loss = loss(() -> kernels.normalize(x, y, norm), y, dy);
        loss.getAsDouble();
        Tensor dx = result(4, columns);
        kernels.normalizeBackward(dy, y, norm, dx);
        FiniteDifferences.check("x", dx, x, loss);
    }

    static Stream<Arguments> attentions() {
        return Stream.of(1, 2, 9)
                .flatMap(length -> Stream.of(Arguments.of(length, 1, false), Arguments.of(length, 3, true)));
    }

    @ParameterizedTest
    @MethodSource("attentions")
    void attention(int length, int heads, boolean causal) {
        int batch = 2;
        int width = heads * 8;
        Tensor qkv = input(batch * length, 3 * width);
        Tensor out = result(batch * length, width);
        Tensor logSumExp = result(batch, heads, length);
        Tensor dOut = input(batch * length, width);
        DoubleSupplier loss = loss(() -> kernels.attention(qkv, batch, heads, causal, out, logSumExp), out, dOut);
        loss.getAsDouble();
        Tensor dQkv = result(batch * length, 3 * width);
        kernels.attentionBackward(qkv, out, logSumExp, dOut, batch, heads, causal, dQkv);
        FiniteDifferences.check("qkv", dQkv, qkv, loss);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void imageTokens(int batch) {
        int patches = 4;
        Tensor embedded = input(batch * patches, 3);
        Tensor classEmbedding = input(3);
        Tensor position = input(patches + 1, 3);
        Tensor tokens = result(batch * (patches + 1), 3);
        Tensor dTokens = input(batch * (patches + 1), 3);
        DoubleSupplier loss =
                loss(() -> kernels.imageTokens(embedded, classEmbedding, position, tokens), tokens, dTokens);
        Tensor dEmbedded = result(batch * patches, 3);
        Tensor dClass = result(3);
        Tensor dPosition = result(patches + 1, 3);
        kernels.imageTokensBackward(dTokens, patches, dEmbedded, dClass, dPosition);
        FiniteDifferences.check("embedded", dEmbedded, embedded, loss);
        FiniteDifferences.check("class", dClass, classEmbedding, loss);
        FiniteDifferences.check("position", dPosition, position, loss);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void textTokens(int batch) {
        int length = 5;
        // token 6 of 7 never comes, others come more than once
        Tensor ids = bench.integers(random.indices(batch * length, 6), batch, length);
        Tensor table = input(7, 3);
        Tensor position = input(length, 3);
        Tensor tokens = result(batch * length, 3);
        Tensor dTokens = input(batch * length, 3);
        DoubleSupplier loss = loss(() -> kernels.textTokens(ids, table, position, tokens), tokens, dTokens);
        Tensor dTable = result(7, 3);
        Tensor dPosition = result(length, 3);
        kernels.textTokensBackward(ids, dTokens, dTable, dPosition);
        FiniteDifferences.check("table", dTable, table, loss);
        FiniteDifferences.check("position", dPosition, position, loss);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void gatherAndScatter(int count) {
        Tensor rows = bench.integers(random.distinct(count, 6), count);
        Tensor x = input(6, 3);
        Tensor y = result(count, 3);
        Tensor dy = input(count, 3);
        Tensor dx = result(6, 3);
        kernels.scatterRows(dy, rows, dx);
        FiniteDifferences.check("x", dx, x, loss(() -> kernels.gatherRows(x, rows, y), y, dy));
    }

    /** Adapter dropping: none, by module, by sample, by position. */
    enum Dropping {
        NONE,
        MODULE,
        MODULE_DROPPED,
        SAMPLE,
        TOKEN_POSITION
    }

    private @Nullable Gate gate(Dropping dropping, int batch, int length) {
        return switch (dropping) {
            case NONE -> null;
            case MODULE -> Gate.module(bench.master(new double[] {1.25}, 1));
            case MODULE_DROPPED -> Gate.module(bench.master(new double[] {0}, 1));
            case SAMPLE -> Gate.sample(bench.master(random.gates(batch), batch), length);
            case TOKEN_POSITION -> Gate.tokenPosition(bench.master(random.gates(length), length));
        };
    }

    @ParameterizedTest
    @EnumSource(Dropping.class)
    void adapter(Dropping dropping) {
        Gate gate = gate(dropping, 3, 4);
        Tensor x = input(12, 5);
        Tensor w = input(5, 5);
        Tensor scale = input(1);
        Tensor residual = input(12, 5);
        Tensor y = result(12, 5);
        Tensor dy = input(12, 5);
        DoubleSupplier loss = loss(() -> kernels.adapter(x, w, scale, gate, residual, y), y, dy);
        Tensor dx = result(12, 5);
        Tensor dW = result(5, 5);
        Tensor dScale = result(1);
        kernels.adapterBackward(x, w, scale, gate, dy, dx, dW, dScale);
        FiniteDifferences.check("x", dx, x, loss);
        FiniteDifferences.check("w", dW, w, loss);
        FiniteDifferences.check("scale", dScale, scale, loss);
        FiniteDifferences.check("residual", dy, residual, loss);
    }

    @ParameterizedTest
    @EnumSource(Dropping.class)
    void lowRankAdapter(Dropping dropping) {
        Gate gate = gate(dropping, 3, 4);
        Tensor x = input(12, 5);
        Tensor down = input(5, 2);
        Tensor up = input(2, 5);
        Tensor scale = input(1);
        Tensor residual = input(12, 5);
        Tensor hidden = result(12, 2);
        Tensor y = result(12, 5);
        Tensor dy = input(12, 5);
        DoubleSupplier loss = loss(() -> kernels.lowRankAdapter(x, down, up, scale, gate, residual, hidden, y), y, dy);
        loss.getAsDouble();
        Tensor dx = result(12, 5);
        Tensor dDown = result(5, 2);
        Tensor dUp = result(2, 5);
        Tensor dScale = result(1);
        kernels.lowRankAdapterBackward(x, hidden, down, up, scale, gate, dy, dx, dDown, dUp, dScale);
        FiniteDifferences.check("x", dx, x, loss);
        FiniteDifferences.check("down", dDown, down, loss);
        FiniteDifferences.check("up", dUp, up, loss);
        FiniteDifferences.check("scale", dScale, scale, loss);
        FiniteDifferences.check("residual", dy, residual, loss);
    }

    static Stream<Arguments> contrastiveSettings() {
        return Stream.of(
                Arguments.of(0.0, 0.0), Arguments.of(0.0, 0.05), Arguments.of(0.1, 0.0), Arguments.of(0.1, 0.05));
    }

    @ParameterizedTest
    @MethodSource("contrastiveSettings")
    void contrastiveWithLabels(double smoothing, double margin) {
        Positives positives = Positives.labels(bench.arena, new int[] {4, 7, 7, 9, 4}, new int[] {9, 4, 7, 4, 7, 7, 9});
        contrastive(positives, smoothing, margin);
    }

    @ParameterizedTest
    @MethodSource("contrastiveSettings")
    void contrastiveWithLists(double smoothing, double margin) {
        // row 1 has every column: no negative to smooth towards
        int[][] columnsOfRow = {{2, 0}, {0, 1, 2, 3, 4}, {4}, {3, 1}};
        contrastive(Positives.lists(bench.arena, columnsOfRow, 5), smoothing, margin);
    }

    private void contrastive(Positives positives, double smoothing, double margin) {
        long n = positives.rows();
        long m = positives.columns();
        Tensor f = input(n, 3);
        Tensor g = input(m, 3);
        Tensor logScale = bench.master(new double[] {0.9}, 1);
        Tensor losses = result(3);
        Tensor dF = result(n, 3);
        Tensor dG = result(m, 3);
        Tensor dLogScale = result(1);
        kernels.contrastive(f, g, positives, Double.NaN, logScale, margin, smoothing, losses, dF, dG, dLogScale);
        Tensor again = result(3);
        DoubleSupplier loss = () -> {
            kernels.contrastive(f, g, positives, Double.NaN, logScale, margin, smoothing, again, null, null, null);
            return again.get(0);
        };
        FiniteDifferences.check("f", dF, f, loss);
        FiniteDifferences.check("g", dG, g, loss);
        FiniteDifferences.check("log scale", dLogScale, logScale, loss);
        assertThat(losses.get(0)).isEqualTo((losses.get(1) + losses.get(2)) / 2);
        kernels.contrastive(f, g, positives, Math.exp(0.9), null, margin, smoothing, again, null, null, null);
        assertThat(again.toDoubles()).isEqualTo(losses.toDoubles());
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.1})
    void crossEntropy(double smoothing) {
        Tensor logits = input(5, 7);
        Tensor labels = bench.integers(random.indices(5, 7), 5);
        Tensor loss = result(1);
        Tensor dLogits = result(5, 7);
        kernels.crossEntropy(logits, labels, smoothing, loss, dLogits);
        FiniteDifferences.check("logits", dLogits, logits, () -> {
            kernels.crossEntropy(logits, labels, smoothing, loss, null);
            return loss.get(0);
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void mergeIsTheAdapterAfterTheProduct(boolean lowRank) {
        Tensor x = input(4, 3);
        Tensor weight = input(3, 5);
        Tensor bias = input(5);
        Tensor down = lowRank ? input(5, 2) : input(5, 5);
        Tensor up = lowRank ? input(2, 5) : null;
        Tensor scale = bench.master(new double[] {0.3}, 1);
        Tensor before = result(4, 5);
        Tensor adapted = result(4, 5);
        kernels.gemm(false, false, x, weight, bias, Activation.NONE, null, null, before);
        if (up == null) {
            kernels.adapter(before, down, scale, null, null, adapted);
        } else {
            kernels.lowRankAdapter(before, down, up, scale, null, null, result(4, 2), adapted);
        }
        Tensor mergedWeight = result(3, 5);
        Tensor mergedBias = result(5);
        Tensor transposed = bench.master(transposed(weight), 5, 3);
        Tensor mergedTransposed = result(5, 3);
        kernels.merge(List.of(
                new MergeLayer(weight, false, bias, down, up, 0.3, mergedWeight, mergedBias),
                new MergeLayer(transposed, true, null, down, up, 0.3, mergedTransposed, null)));
        Tensor merged = result(4, 5);
        kernels.gemm(false, false, x, mergedWeight, mergedBias, Activation.NONE, null, null, merged);
        assertThat(ErrorNorm.relative(merged.toDoubles(), adapted.toDoubles())).isLessThan(1e-14);
        assertThat(transposed(mergedWeight)).isEqualTo(mergedTransposed.toDoubles());
    }

    private static double[] transposed(Tensor matrix) {
        int rows = (int) matrix.rows();
        int columns = (int) matrix.columns();
        double[] values = new double[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i % columns * rows + i / columns] = matrix.get(i);
        }
        return values;
    }
}
