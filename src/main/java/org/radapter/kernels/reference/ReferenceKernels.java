package org.radapter.kernels.reference;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Activation;
import org.radapter.kernels.Gate;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.MergeLayer;
import org.radapter.kernels.PackedMatrix;
import org.radapter.kernels.Positives;
import org.radapter.kernels.Segment;
import org.radapter.kernels.Segments;
import org.radapter.tensor.Device;
import org.radapter.tensor.Tensor;

/**
 * Every operator in plain Java, one class a group of operators. It trusts its arguments: put {@code CheckedKernels}
 * before it.
 *
 * <p>Tensors may have any floating type; {@link Precision} says only how operators compute between them.
 */
public final class ReferenceKernels implements Kernels {
    private final Precision precision;
    private final ReferenceDevice device;
    private final Products products;
    private final Elementwise elementwise;
    private final Normalisation normalisation;
    private final Attention attention;
    private final Embeddings embeddings;
    private final Adapters adapters;
    private final Merge merge;
    private final Contrastive contrastive;
    private final CrossEntropy crossEntropy;
    private final Optimizer optimizer;

    /** Kernels that compute in {@code precision} on a device of their own. */
    public ReferenceKernels(Precision precision) {
        this(precision, new ReferenceDevice());
    }

    /** Kernels that compute in {@code precision} on {@code device}. */
    public ReferenceKernels(Precision precision, ReferenceDevice device) {
        this.precision = precision;
        this.device = device;
        this.products = new Products(precision);
        this.elementwise = new Elementwise(precision);
        this.normalisation = new Normalisation(precision);
        this.attention = new Attention(precision);
        this.embeddings = new Embeddings(precision);
        this.adapters = new Adapters(precision);
        this.merge = new Merge(precision);
        this.contrastive = new Contrastive(precision);
        this.crossEntropy = new CrossEntropy(precision);
        this.optimizer = new Optimizer(precision);
    }

    /** How this computes. */
    public Precision precision() {
        return precision;
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public String description() {
        return "reference (plain Java, " + precision + ", 1 thread)";
    }

    @Override
    public synchronized void gemm(
            boolean transposeA,
            boolean transposeB,
            Tensor a,
            Tensor b,
            @Nullable Tensor bias,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor residual,
            Tensor c) {
        Matrix left = Products.read(transposeA, a);
        products.gemm(left, Products.read(transposeB, b), bias, activation, aux, residual, c);
    }

    @Override
    public synchronized PackedMatrix pack(boolean transposeB, Tensor b) {
        return products.pack(transposeB, b);
    }

    @Override
    public synchronized void gemmPacked(
            Tensor a,
            PackedMatrix b,
            @Nullable Tensor bias,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor residual,
            Tensor c) {
        if (!(b instanceof Products.Packed packed)) {
            throw new IllegalArgumentException("gemmPacked: b was packed by another backend");
        }
        products.gemm(Matrix.read(a), packed.matrix(), bias, activation, aux, residual, c);
    }

    @Override
    public synchronized void convert(Tensor x, Tensor y) {
        elementwise.convert(x, y);
    }

    @Override
    public synchronized void add(Tensor a, Tensor b, Tensor c) {
        elementwise.add(a, b, c);
    }

    @Override
    public synchronized void fill(Tensor x, double value) {
        elementwise.fill(x, value);
    }

    @Override
    public synchronized void activation(Activation activation, Tensor x, Tensor y) {
        elementwise.activation(activation, x, y);
    }

    @Override
    public synchronized void activationBackward(Activation activation, Tensor x, Tensor dy, Tensor dx) {
        elementwise.activationBackward(activation, x, dy, dx);
    }

    @Override
    public synchronized void columnSum(Tensor x, Tensor sum) {
        elementwise.columnSum(x, sum);
    }

    @Override
    public synchronized void layerNorm(
            Tensor x,
            Tensor gain,
            Tensor bias,
            double epsilon,
            Tensor y,
            @Nullable Tensor mean,
            @Nullable Tensor rstd) {
        normalisation.layerNorm(x, gain, bias, epsilon, y, mean, rstd);
    }

    @Override
    public synchronized void layerNormBackward(
            Tensor dy,
            Tensor x,
            Tensor gain,
            Tensor mean,
            Tensor rstd,
            @Nullable Tensor residual,
            Tensor dx,
            @Nullable Tensor dGain,
            @Nullable Tensor dBias) {
        normalisation.layerNormBackward(dy, x, gain, mean, rstd, residual, dx, dGain, dBias);
    }

    @Override
    public synchronized void normalize(Tensor x, Tensor y, Tensor norm) {
        normalisation.normalize(x, y, norm);
    }

    @Override
    public synchronized void normalizeBackward(Tensor dy, Tensor y, Tensor norm, Tensor dx) {
        normalisation.normalizeBackward(dy, y, norm, dx);
    }

    @Override
    public synchronized void attention(
            Tensor qkv, long batch, long heads, boolean causal, Tensor out, @Nullable Tensor logSumExp) {
        attention.forward(qkv, Math.toIntExact(batch), Math.toIntExact(heads), causal, out, logSumExp);
    }

    @Override
    public synchronized void attentionBackward(
            Tensor qkv,
            Tensor out,
            Tensor logSumExp,
            Tensor dOut,
            long batch,
            long heads,
            boolean causal,
            Tensor dQkv) {
        attention.backward(qkv, out, logSumExp, dOut, Math.toIntExact(batch), Math.toIntExact(heads), causal, dQkv);
    }

    @Override
    public synchronized void patches(Tensor images, long patch, Tensor patches) {
        embeddings.patches(images, Math.toIntExact(patch), patches);
    }

    @Override
    public synchronized void imageTokens(Tensor embedded, Tensor classEmbedding, Tensor position, Tensor tokens) {
        embeddings.imageTokens(embedded, classEmbedding, position, tokens);
    }

    @Override
    public synchronized void imageTokensBackward(
            Tensor dTokens,
            long patches,
            @Nullable Tensor dEmbedded,
            @Nullable Tensor dClass,
            @Nullable Tensor dPosition) {
        embeddings.imageTokensBackward(dTokens, Math.toIntExact(patches), dEmbedded, dClass, dPosition);
    }

    @Override
    public synchronized void textTokens(Tensor ids, Tensor table, Tensor position, Tensor tokens) {
        embeddings.textTokens(ids, table, position, tokens);
    }

    @Override
    public synchronized void textTokensBackward(
            Tensor ids, Tensor dTokens, @Nullable Tensor dTable, @Nullable Tensor dPosition) {
        embeddings.textTokensBackward(ids, dTokens, dTable, dPosition);
    }

    @Override
    public synchronized void gatherRows(Tensor x, Tensor rows, Tensor y) {
        embeddings.gatherRows(x, rows, y);
    }

    @Override
    public synchronized void scatterRows(Tensor y, Tensor rows, Tensor x) {
        embeddings.scatterRows(y, rows, x);
    }

    @Override
    public synchronized void adapter(
            Tensor x, Tensor w, Tensor scale, @Nullable Gate gate, @Nullable Tensor residual, Tensor y) {
        adapters.forward(x, w, scale, gate, residual, y);
    }

    @Override
    public synchronized void adapterBackward(
            Tensor x,
            Tensor w,
            Tensor scale,
            @Nullable Gate gate,
            Tensor dy,
            @Nullable Tensor dx,
            @Nullable Tensor dW,
            @Nullable Tensor dScale) {
        adapters.backward(x, w, scale, gate, dy, dx, dW, dScale);
    }

    @Override
    public synchronized void lowRankAdapter(
            Tensor x,
            Tensor down,
            Tensor up,
            Tensor scale,
            @Nullable Gate gate,
            @Nullable Tensor residual,
            Tensor hidden,
            Tensor y) {
        adapters.lowRankForward(x, down, up, scale, gate, residual, hidden, y);
    }

    @Override
    public synchronized void lowRankAdapterBackward(
            Tensor x,
            Tensor hidden,
            Tensor down,
            Tensor up,
            Tensor scale,
            @Nullable Gate gate,
            Tensor dy,
            @Nullable Tensor dx,
            @Nullable Tensor dDown,
            @Nullable Tensor dUp,
            @Nullable Tensor dScale) {
        adapters.lowRankBackward(x, hidden, down, up, scale, gate, dy, dx, dDown, dUp, dScale);
    }

    @Override
    public synchronized void merge(List<MergeLayer> layers) {
        layers.forEach(merge::merge);
    }

    @Override
    public synchronized void contrastive(
            Tensor f,
            Tensor g,
            Positives positives,
            double scale,
            @Nullable Tensor logScale,
            double margin,
            double smoothing,
            Tensor losses,
            @Nullable Tensor dF,
            @Nullable Tensor dG,
            @Nullable Tensor dLogScale) {
        contrastive.apply(f, g, positives, scale, logScale, margin, smoothing, losses, dF, dG, dLogScale);
    }

    @Override
    public synchronized void contrastiveRowSums(
            Tensor f,
            Tensor g,
            Positives positives,
            double scale,
            @Nullable Tensor logScale,
            double margin,
            double smoothing,
            long first,
            boolean exact,
            Tensor rowSums) {
        contrastive.rowSums(f, g, positives, scale, logScale, margin, smoothing, (int) first, rowSums);
    }

    @Override
    public synchronized void contrastiveRowGradients(
            Tensor f,
            Tensor g,
            Positives positives,
            double scale,
            @Nullable Tensor logScale,
            double margin,
            double smoothing,
            long first,
            boolean exact,
            Tensor rowSums,
            Tensor columnSums,
            @Nullable Tensor losses,
            Tensor dF,
            @Nullable Tensor dLogScale) {
        contrastive.rowGradients(
                f,
                g,
                positives,
                scale,
                logScale,
                margin,
                smoothing,
                (int) first,
                rowSums,
                columnSums,
                losses,
                dF,
                dLogScale);
    }

    @Override
    public synchronized void crossEntropy(
            Tensor logits, Tensor labels, double smoothing, Tensor loss, @Nullable Tensor dLogits) {
        crossEntropy.apply(logits, labels, smoothing, loss, dLogits);
    }

    @Override
    public synchronized Segments segments(List<Segment> segments) {
        return new Optimizer.Prepared(segments);
    }

    @Override
    public synchronized void adamWEma(Segments segments, Tensor settings, Tensor state) {
        optimizer.step(prepared(segments), settings, state);
    }

    @Override
    public synchronized void emaUpdate(Segments segments, double decay) {
        optimizer.average(prepared(segments), decay);
    }

    private static Optimizer.Prepared prepared(Segments segments) {
        if (!(segments instanceof Optimizer.Prepared prepared)) {
            throw new IllegalArgumentException("these segments were prepared by another backend");
        }
        return prepared;
    }

    @Override
    public void close() {
        // nothing but heap memory
    }
}
