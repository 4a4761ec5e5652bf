package org.radapter.kernels;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.DType;
import org.radapter.tensor.Device;
import org.radapter.tensor.Tensor;

/**
 * Holds the arguments of every operator against {@link Kernels} before the backend behind sees them, so that a bad
 * argument is an {@link IllegalArgumentException} that names operator, argument and shapes, and never a crash. After
 * {@link #close}, and on packed matrices and segments that are closed, every call is an {@link IllegalStateException}.
 */
public final class CheckedKernels implements Kernels {
    private static final int SMALLEST_HEAD = 8;
    private static final int LARGEST_HEAD = 256;

    private final Kernels backend;
    private final ThreadLocal<Check> checks;
    private volatile boolean closed;

    private CheckedKernels(Kernels backend) {
        this.backend = backend;
        Device device = backend.device();
        checks = ThreadLocal.withInitial(() -> new Check(device));
    }

    /** {@code backend} behind checks; itself, if it is already. Closing the result closes the backend. */
    public static CheckedKernels of(Kernels backend) {
        return backend instanceof CheckedKernels checked ? checked : new CheckedKernels(backend);
    }

    /** The kernels behind the checks. */
    public Kernels backend() {
        return backend;
    }

    @Override
    public Device device() {
        return backend.device();
    }

    @Override
    public String description() {
        return backend.description();
    }

    private Check check(String operator) {
        if (closed) {
            throw new IllegalStateException(operator + ": these kernels are closed");
        }
        return checks.get().begin(operator);
    }

    // products

    @Override
    public void gemm(
            boolean transposeA,
            boolean transposeB,
            Tensor a,
            Tensor b,
            @Nullable Tensor bias,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor residual,
            Tensor c) {
        Check check = check("gemm").in("a", a).in("b", b);
        check.floatingType("b", b);
        long m = transposeA ? a.columns() : a.rows();
        long k = transposeA ? a.rows() : a.columns();
        long innerOfB = transposeB ? b.columns() : b.rows();
        long n = transposeB ? b.rows() : b.columns();
        if (k != innerOfB) {
            throw check.failure("op(a) [%d, %d] does not fit op(b) [%d, %d]", m, k, innerOfB, n);
        }
        product(check, a, m, n, bias, activation, aux, residual, c);
        backend.gemm(transposeA, transposeB, a, b, bias, activation, aux, residual, c);
    }

    private static void product(
            Check check,
            Tensor a,
            long m,
            long n,
            @Nullable Tensor bias,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor residual,
            Tensor c) {
        check.in("bias", bias).in("residual", residual);
        if (activation.isGradient()) {
            check.in("aux", aux).out("c", c, "residual");
            if (aux == null) {
                throw check.failure("%s needs aux, the activation's input", activation);
            }
            if (bias != null) {
                throw check.failure("%s takes no bias", activation);
            }
        } else {
            check.out("aux", aux).out("c", c, "residual");
            if (aux != null && activation == Activation.NONE) {
                throw check.failure("aux without an activation");
            }
        }
        check.floatingType("a", a);
        DType type = check.activationType("c", c);
        check.matrix("c", c, type, m, n)
                .vector("bias", bias, type.master(), n)
                .matrix("aux", aux, type, m, n)
                .sameLeadingDimension("aux", aux, "c", c)
                .matrix("residual", residual, type, m, n)
                .noOverlap();
    }

    /** A backend's packed matrix that knows whether it is closed. */
    private static final class CheckedPacked implements PackedMatrix {
        private final CheckedKernels owner;
        private final PackedMatrix packed;
        private volatile boolean closed;

        private CheckedPacked(CheckedKernels owner, PackedMatrix packed) {
            this.owner = owner;
            this.packed = packed;
        }

        @Override
        public long k() {
            return packed.k();
        }

        @Override
        public long n() {
            return packed.n();
        }

        @Override
        public void close() {
            closed = true;
            packed.close();
        }
    }

    @Override
    public PackedMatrix pack(boolean transposeB, Tensor b) {
        check("pack").in("b", b).floatingType("b", b);
        return new CheckedPacked(this, backend.pack(transposeB, b));
    }

    @Override
    public void gemmPacked(
            Tensor a,
            PackedMatrix b,
            @Nullable Tensor bias,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor residual,
            Tensor c) {
        Check check = check("gemmPacked").in("a", a);
        if (!(b instanceof CheckedPacked checked) || checked.owner != this) {
            throw new IllegalArgumentException("gemmPacked: b was packed by other kernels");
        }
        if (checked.closed) {
            throw new IllegalStateException("gemmPacked: the packed matrix b is closed");
        }
        if (a.columns() != b.k()) {
            throw check.failure("a [%d, %d] does not fit b [%d, %d]", a.rows(), a.columns(), b.k(), b.n());
        }
        product(check, a, a.rows(), b.n(), bias, activation, aux, residual, c);
        backend.gemmPacked(a, checked.packed, bias, activation, aux, residual, c);
    }

    // elementwise

    @Override
    public void convert(Tensor x, Tensor y) {
        Check check = check("convert").in("x", x).out("y", y);
        check.floatingType("x", x);
        DType type = check.floatingType("y", y);
        check.matrix("y", y, type, x.rows(), x.columns()).noOverlap();
        backend.convert(x, y);
    }

    @Override
    public void add(Tensor a, Tensor b, Tensor c) {
        Check check = check("add").in("a", a).in("b", b).out("c", c, "a", "b");
        DType type = check.activationType("a", a);
        check.matrix("b", b, type, a.rows(), a.columns())
                .matrix("c", c, type, a.rows(), a.columns())
                .noOverlap();
        backend.add(a, b, c);
    }

    @Override
    public void fill(Tensor x, double value) {
        check("fill").out("x", x).floatingType("x", x);
        backend.fill(x, value);
    }

    @Override
    public void activation(Activation activation, Tensor x, Tensor y) {
        Check check = check("activation").in("x", x).out("y", y, "x");
        plainActivation(check, activation);
        DType type = check.activationType("x", x);
        check.matrix("y", y, type, x.rows(), x.columns()).noOverlap();
        backend.activation(activation, x, y);
    }

    @Override
    public void activationBackward(Activation activation, Tensor x, Tensor dy, Tensor dx) {
        Check check = check("activationBackward").in("x", x).in("dy", dy).out("dx", dx, "dy");
        plainActivation(check, activation);
        DType type = check.activationType("x", x);
        check.matrix("dy", dy, type, x.rows(), x.columns())
                .matrix("dx", dx, type, x.rows(), x.columns())
                .noOverlap();
        backend.activationBackward(activation, x, dy, dx);
    }

    private static void plainActivation(Check check, Activation activation) {
        if (activation != Activation.QUICK_GELU && activation != Activation.GELU) {
            throw check.failure("activation is %s, must be QUICK_GELU or GELU", activation);
        }
    }

    @Override
    public void columnSum(Tensor x, Tensor sum) {
        Check check = check("columnSum").in("x", x).out("sum", sum);
        DType type = check.activationType("x", x);
        check.vector("sum", sum, type.master(), x.columns()).noOverlap();
        backend.columnSum(x, sum);
    }

    // normalisation

    @Override
    public void layerNorm(
            Tensor x,
            Tensor gain,
            Tensor bias,
            double epsilon,
            Tensor y,
            @Nullable Tensor mean,
            @Nullable Tensor rstd) {
        Check check = check("layerNorm")
                .in("x", x)
                .in("gain", gain)
                .in("bias", bias)
                .out("y", y)
                .out("mean", mean)
                .out("rstd", rstd);
        DType type = check.activationType("x", x);
        check.require(x.columns() > 0, "x has no columns")
                .require(epsilon >= 0, "epsilon is %s, must not be negative", epsilon)
                .vector("gain", gain, type.master(), x.columns())
                .vector("bias", bias, type.master(), x.columns())
                .matrix("y", y, type, x.rows(), x.columns())
                .together("mean", mean, "rstd", rstd)
                .vector("mean", mean, type.master(), x.rows())
                .vector("rstd", rstd, type.master(), x.rows())
                .noOverlap();
        backend.layerNorm(x, gain, bias, epsilon, y, mean, rstd);
    }

    @Override
    public void layerNormBackward(
            Tensor dy,
            Tensor x,
            Tensor gain,
            Tensor mean,
            Tensor rstd,
            @Nullable Tensor residual,
            Tensor dx,
            @Nullable Tensor dGain,
            @Nullable Tensor dBias) {
        Check check = check("layerNormBackward")
                .in("dy", dy)
                .in("x", x)
                .in("gain", gain)
                .in("mean", mean)
                .in("rstd", rstd)
                .in("residual", residual)
                .out("dx", dx, "residual")
                .out("dGain", dGain)
                .out("dBias", dBias);
        DType type = check.activationType("x", x);
        check.require(x.columns() > 0, "x has no columns")
                .matrix("dy", dy, type, x.rows(), x.columns())
                .vector("gain", gain, type.master(), x.columns())
                .vector("mean", mean, type.master(), x.rows())
                .vector("rstd", rstd, type.master(), x.rows())
                .matrix("residual", residual, type, x.rows(), x.columns())
                .matrix("dx", dx, type, x.rows(), x.columns())
                .sameLeadingDimension("residual", residual, "dx", dx)
                .together("dGain", dGain, "dBias", dBias)
                .vector("dGain", dGain, type.master(), x.columns())
                .vector("dBias", dBias, type.master(), x.columns())
                .noOverlap();
        backend.layerNormBackward(dy, x, gain, mean, rstd, residual, dx, dGain, dBias);
    }

    @Override
    public void normalize(Tensor x, Tensor y, Tensor norm) {
        Check check = check("normalize").in("x", x).out("y", y, "x").out("norm", norm);
        DType type = check.activationType("x", x);
        check.matrix("y", y, type, x.rows(), x.columns())
                .vector("norm", norm, type.master(), x.rows())
                .noOverlap();
        backend.normalize(x, y, norm);
    }

    @Override
    public void normalizeBackward(Tensor dy, Tensor y, Tensor norm, Tensor dx) {
        Check check = check("normalizeBackward")
                .in("dy", dy)
                .in("y", y)
                .in("norm", norm)
                .out("dx", dx, "dy");
        DType type = check.activationType("y", y);
        check.matrix("dy", dy, type, y.rows(), y.columns())
                .vector("norm", norm, type.master(), y.rows())
                .matrix("dx", dx, type, y.rows(), y.columns())
                .noOverlap();
        backend.normalizeBackward(dy, y, norm, dx);
    }

    // attention

    @Override
    public void attention(Tensor qkv, long batch, long heads, boolean causal, Tensor out, @Nullable Tensor logSumExp) {
        Check check = check("attention").in("qkv", qkv).out("out", out).out("logSumExp", logSumExp);
        DType type = heads(check, qkv, batch, heads);
        check.matrix("out", out, type, qkv.rows(), qkv.columns() / 3)
                .vector("logSumExp", logSumExp, type.master(), heads * qkv.rows())
                .noOverlap();
        backend.attention(qkv, batch, heads, causal, out, logSumExp);
    }

    @Override
    public void attentionBackward(
            Tensor qkv,
            Tensor out,
            Tensor logSumExp,
            Tensor dOut,
            long batch,
            long heads,
            boolean causal,
            Tensor dQkv) {
        Check check = check("attentionBackward")
                .in("qkv", qkv)
                .in("out", out)
                .in("logSumExp", logSumExp)
                .in("dOut", dOut)
                .out("dQkv", dQkv);
        DType type = heads(check, qkv, batch, heads);
        check.matrix("out", out, type, qkv.rows(), qkv.columns() / 3)
                .vector("logSumExp", logSumExp, type.master(), heads * qkv.rows())
                .matrix("dOut", dOut, type, qkv.rows(), qkv.columns() / 3)
                .matrix("dQkv", dQkv, type, qkv.rows(), qkv.columns())
                .noOverlap();
        backend.attentionBackward(qkv, out, logSumExp, dOut, batch, heads, causal, dQkv);
    }

    private static DType heads(Check check, Tensor qkv, long batch, long heads) {
        DType type = check.activationType("qkv", qkv);
        if (batch <= 0 || qkv.rows() % batch != 0) {
            throw check.failure("the rows of qkv are no %d sequences", batch);
        }
        if (heads <= 0 || qkv.columns() % (3 * heads) != 0) {
            throw check.failure("the columns of qkv are no 3 x %d heads", heads);
        }
        long size = qkv.columns() / (3 * heads);
        if (size < SMALLEST_HEAD || size > LARGEST_HEAD || size % SMALLEST_HEAD != 0) {
            throw check.failure(
                    "the heads of qkv have size %d, must be a multiple of %d up to %d",
                    size, SMALLEST_HEAD, LARGEST_HEAD);
        }
        return type;
    }

    // embeddings

    @Override
    public void patches(Tensor images, long patch, Tensor patches) {
        Check check = check("patches").in("images", images).out("patches", patches);
        DType type = check.activationType("patches", patches);
        if (images.rank() != 4 || images.extent(1) != 3) {
            throw check.failure("images must be [batch, 3, height, width]");
        }
        long height = images.extent(2);
        long width = images.extent(3);
        if (patch <= 0 || height % patch != 0 || width % patch != 0) {
            throw check.failure("height %d and width %d of images must be multiples of patch %d", height, width, patch);
        }
        long grid = height / patch * (width / patch);
        check.vector("images", images, type.master(), images.size())
                .matrix("patches", patches, type, images.extent(0) * grid, 3 * patch * patch)
                .noOverlap();
        backend.patches(images, patch, patches);
    }

    @Override
    public void imageTokens(Tensor embedded, Tensor classEmbedding, Tensor position, Tensor tokens) {
        Check check = check("imageTokens")
                .in("embedded", embedded)
                .in("classEmbedding", classEmbedding)
                .in("position", position)
                .out("tokens", tokens);
        DType type = check.activationType("tokens", tokens);
        long length = position.rows();
        if (length <= 1) {
            throw check.failure("position has %d rows, must have one for the class and each patch", length);
        }
        long batch = batchOf(check, "tokens", tokens, length);
        check.matrix("embedded", embedded, type, batch * (length - 1), tokens.columns())
                .vector("classEmbedding", classEmbedding, type.master(), tokens.columns())
                .block("position", position, type.master(), length, tokens.columns())
                .noOverlap();
        backend.imageTokens(embedded, classEmbedding, position, tokens);
    }

    @Override
    public void imageTokensBackward(
            Tensor dTokens,
            long patches,
            @Nullable Tensor dEmbedded,
            @Nullable Tensor dClass,
            @Nullable Tensor dPosition) {
        Check check = check("imageTokensBackward")
                .in("dTokens", dTokens)
                .out("dEmbedded", dEmbedded)
                .out("dClass", dClass)
                .out("dPosition", dPosition);
        DType type = check.activationType("dTokens", dTokens);
        check.require(patches > 0, "patches is %d, must be positive", patches)
                .require(dEmbedded != null || dClass != null || dPosition != null, "no gradient is asked for");
        long batch = batchOf(check, "dTokens", dTokens, patches + 1);
        check.matrix("dEmbedded", dEmbedded, type, batch * patches, dTokens.columns())
                .vector("dClass", dClass, type.master(), dTokens.columns())
                .block("dPosition", dPosition, type.master(), patches + 1, dTokens.columns())
                .noOverlap();
        backend.imageTokensBackward(dTokens, patches, dEmbedded, dClass, dPosition);
    }

    private static long batchOf(Check check, String name, Tensor tokens, long length) {
        if (tokens.rows() % length != 0) {
            throw check.failure("the rows of %s are no sequences of %d", name, length);
        }
        return tokens.rows() / length;
    }

    @Override
    public void textTokens(Tensor ids, Tensor table, Tensor position, Tensor tokens) {
        Check check = check("textTokens")
                .in("ids", ids)
                .in("table", table)
                .in("position", position)
                .out("tokens", tokens);
        DType type = check.activationType("tokens", tokens);
        check.floatingType("table", table);
        long length = ids.columns();
        check.require(position.rows() >= length, "position has rows for %d of %d tokens", position.rows(), length)
                .matrix("tokens", tokens, type, ids.size(), table.columns())
                .contiguous("table", table)
                .block("position", position, type.master(), position.rows(), table.columns())
                .indices("ids", ids, table.rows())
                .noOverlap();
        backend.textTokens(ids, table, position, tokens);
    }

    @Override
    public void textTokensBackward(Tensor ids, Tensor dTokens, @Nullable Tensor dTable, @Nullable Tensor dPosition) {
        Check check = check("textTokensBackward")
                .in("ids", ids)
                .in("dTokens", dTokens)
                .out("dTable", dTable)
                .out("dPosition", dPosition);
        DType type = check.activationType("dTokens", dTokens);
        long vocabulary = dTable == null ? Integer.MAX_VALUE : dTable.rows();
        check.require(dTable != null || dPosition != null, "no gradient is asked for")
                .matrix("dTokens", dTokens, type, ids.size(), dTokens.columns())
                .block("dTable", dTable, type.master(), vocabulary, dTokens.columns())
                .block("dPosition", dPosition, type.master(), ids.columns(), dTokens.columns())
                .indices("ids", ids, vocabulary)
                .noOverlap();
        backend.textTokensBackward(ids, dTokens, dTable, dPosition);
    }

    @Override
    public void gatherRows(Tensor x, Tensor rows, Tensor y) {
        Check check = check("gatherRows").in("x", x).in("rows", rows).out("y", y);
        DType type = check.activationType("x", x);
        check.matrix("y", y, type, rows.size(), x.columns())
                .indices("rows", rows, x.rows())
                .noOverlap();
        backend.gatherRows(x, rows, y);
    }

    @Override
    public void scatterRows(Tensor y, Tensor rows, Tensor x) {
        Check check = check("scatterRows").in("y", y).in("rows", rows).out("x", x);
        DType type = check.activationType("x", x);
        check.matrix("y", y, type, rows.size(), x.columns())
                .indices("rows", rows, x.rows())
                .distinct("rows", rows)
                .noOverlap();
        backend.scatterRows(y, rows, x);
    }

    // R-Adapter

    @Override
    public void adapter(Tensor x, Tensor w, Tensor scale, @Nullable Gate gate, @Nullable Tensor residual, Tensor y) {
        Check check = check("adapter").in("x", x).in("w", w).in("scale", scale);
        check.in("residual", residual).out("y", y, "residual");
        DType type = gated(check, x, scale, gate);
        check.block("w", w, type.master(), x.columns(), x.columns())
                .matrix("residual", residual, type, x.rows(), x.columns())
                .matrix("y", y, type, x.rows(), x.columns())
                .noOverlap();
        backend.adapter(x, w, scale, gate, residual, y);
    }

    @Override
    public void adapterBackward(
            Tensor x,
            Tensor w,
            Tensor scale,
            @Nullable Gate gate,
            Tensor dy,
            @Nullable Tensor dx,
            @Nullable Tensor dW,
            @Nullable Tensor dScale) {
        Check check = check("adapterBackward")
                .in("x", x)
                .in("w", w)
                .in("scale", scale)
                .in("dy", dy)
                .out("dx", dx)
                .out("dW", dW)
                .out("dScale", dScale);
        DType type = gated(check, x, scale, gate);
        check.block("w", w, type.master(), x.columns(), x.columns())
                .matrix("dy", dy, type, x.rows(), x.columns())
                .matrix("dx", dx, type, x.rows(), x.columns())
                .block("dW", dW, type.master(), x.columns(), x.columns())
                .vector("dScale", dScale, type.master(), 1)
                .noOverlap();
        backend.adapterBackward(x, w, scale, gate, dy, dx, dW, dScale);
    }

    @Override
    public void lowRankAdapter(
            Tensor x,
            Tensor down,
            Tensor up,
            Tensor scale,
            @Nullable Gate gate,
            @Nullable Tensor residual,
            Tensor hidden,
            Tensor y) {
        Check check = check("lowRankAdapter")
                .in("x", x)
                .in("down", down)
                .in("up", up)
                .in("scale", scale)
                .in("residual", residual)
                .out("hidden", hidden)
                .out("y", y, "residual");
        DType type = gated(check, x, scale, gate);
        long rank = factors(check, x, down, up, type);
        check.block("hidden", hidden, type, x.rows(), rank)
                .matrix("residual", residual, type, x.rows(), x.columns())
                .matrix("y", y, type, x.rows(), x.columns())
                .noOverlap();
        backend.lowRankAdapter(x, down, up, scale, gate, residual, hidden, y);
    }

    @Override
    public void lowRankAdapterBackward(
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
        Check check = check("lowRankAdapterBackward")
                .in("x", x)
                .in("hidden", hidden)
                .in("down", down)
                .in("up", up)
                .in("scale", scale)
                .in("dy", dy)
                .out("dx", dx)
                .out("dDown", dDown)
                .out("dUp", dUp)
                .out("dScale", dScale);
        DType type = gated(check, x, scale, gate);
        long rank = factors(check, x, down, up, type);
        check.block("hidden", hidden, type, x.rows(), rank)
                .matrix("dy", dy, type, x.rows(), x.columns())
                .matrix("dx", dx, type, x.rows(), x.columns())
                .together("dDown", dDown, "dUp", dUp)
                .block("dDown", dDown, type.master(), x.columns(), rank)
                .block("dUp", dUp, type.master(), rank, x.columns())
                .vector("dScale", dScale, type.master(), 1)
                .noOverlap();
        backend.lowRankAdapterBackward(x, hidden, down, up, scale, gate, dy, dx, dDown, dUp, dScale);
    }

    /** What all adapters share: x, scale and gate. */
    private static DType gated(Check check, Tensor x, Tensor scale, @Nullable Gate gate) {
        DType type = check.activationType("x", x);
        check.vector("scale", scale, type.master(), 1);
        if (gate != null) {
            Tensor values = gate.values();
            check.in("gate", values)
                    .vector("gate", values, type.master(), values.size())
                    .require(values.size() > 0, "gate has no values")
                    .require(gate.divisor() > 0, "the divisor of gate is %d, must be positive", gate.divisor());
        }
        return type;
    }

    private static long factors(Check check, Tensor x, Tensor down, Tensor up, DType type) {
        long rank = down.columns();
        check.require(rank > 0, "down has no columns")
                .block("down", down, type.master(), x.columns(), rank)
                .block("up", up, type.master(), rank, x.columns());
        return rank;
    }

    @Override
    public void merge(List<MergeLayer> layers) {
        Check check = check("merge");
        for (int i = 0; i < layers.size(); i++) {
            MergeLayer layer = layers.get(i);
            check.in("weight of layer " + i, layer.weight())
                    .in("bias of layer " + i, layer.bias())
                    .in("down of layer " + i, layer.down())
                    .in("up of layer " + i, layer.up())
                    .out("mergedWeight of layer " + i, layer.mergedWeight())
                    .out("mergedBias of layer " + i, layer.mergedBias());
        }
        for (int i = 0; i < layers.size(); i++) {
            layer(check, layers.get(i), " of layer " + i);
        }
        check.noOverlap();
        backend.merge(layers);
    }

    private static void layer(Check check, MergeLayer layer, String where) {
        Tensor weight = layer.weight();
        Tensor down = layer.down();
        Tensor up = layer.up();
        DType type = check.floatingType("weight" + where, weight);
        long out = layer.transposed() ? weight.rows() : weight.columns();
        check.contiguous("weight" + where, weight)
                .vector("bias" + where, layer.bias(), type, out)
                .block("mergedWeight" + where, layer.mergedWeight(), type, weight.rows(), weight.columns())
                .vector("mergedBias" + where, layer.mergedBias(), type, out)
                .together("bias" + where, layer.bias(), "mergedBias" + where, layer.mergedBias())
                .require(Double.isFinite(layer.coefficient()), "coefficient%s is %s", where, layer.coefficient())
                .block("down" + where, down, type.master(), out, up == null ? out : down.columns())
                .block("up" + where, up, type.master(), down.columns(), out);
    }

    // losses

    @Override
    public void contrastive(
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
        Check check = batch("contrastive", f, g, positives, logScale)
                .out("losses", losses)
                .out("dF", dF)
                .out("dG", dG)
                .out("dLogScale", dLogScale);
        DType type = batchFits(check, f, g, positives, scale, logScale, margin, smoothing);
        check.vector("losses", losses, type.master(), 3)
                .together("dF", dF, "dG", dG)
                .matrix("dF", dF, type, f.rows(), f.columns())
                .matrix("dG", dG, type, g.rows(), g.columns())
                .require(dLogScale == null || logScale != null, "dLogScale without logScale")
                .vector("dLogScale", dLogScale, type.master(), 1)
                .noOverlap();
        backend.contrastive(f, g, positives, scale, logScale, margin, smoothing, losses, dF, dG, dLogScale);
    }

    @Override
    public void contrastiveRowSums(
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
        Check check = batch("contrastiveRowSums", f, g, positives, logScale).out("rowSums", rowSums);
        batchFits(check, f, g, positives, scale, logScale, margin, smoothing);
        someRows(check, f, first, rowSums.rows())
                .block("rowSums", rowSums, DType.F64, rowSums.rows(), 3)
                .noOverlap();
        backend.contrastiveRowSums(f, g, positives, scale, logScale, margin, smoothing, first, exact, rowSums);
    }

    @Override
    public void contrastiveRowGradients(
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
        Check check = batch("contrastiveRowGradients", f, g, positives, logScale)
                .in("rowSums", rowSums)
                .in("columnSums", columnSums)
                .out("losses", losses)
                .out("dF", dF)
                .out("dLogScale", dLogScale);
        DType type = batchFits(check, f, g, positives, scale, logScale, margin, smoothing);
        someRows(check, f, first, dF.rows())
                .block("rowSums", rowSums, DType.F64, f.rows(), 3)
                .block("columnSums", columnSums, DType.F64, g.rows(), 3)
                .vector("losses", losses, type.master(), 3)
                .matrix("dF", dF, type, dF.rows(), f.columns())
                .vector("dLogScale", dLogScale, type.master(), dF.rows())
                .noOverlap();
        backend.contrastiveRowGradients(
                f,
                g,
                positives,
                scale,
                logScale,
                margin,
                smoothing,
                first,
                exact,
                rowSums,
                columnSums,
                losses,
                dF,
                dLogScale);
    }

    /** Begins a contrastive loss with what every form of it reads. */
    private Check batch(String operator, Tensor f, Tensor g, Positives positives, @Nullable Tensor logScale) {
        Check check = check(operator)
                .in("f", f)
                .in("g", g)
                .in("logScale", logScale)
                .in("rowLabels", positives.rowLabels())
                .in("columnLabels", positives.columnLabels());
        Positives.Lists lists = positives.lists();
        if (lists != null) {
            check.in("rowOffsets", lists.rowOffsets())
                    .in("rowColumns", lists.rowColumns())
                    .in("columnOffsets", lists.columnOffsets())
                    .in("columnRows", lists.columnRows());
        }
        return check;
    }

    /** Whether these fit together; their type. */
    private static DType batchFits(
            Check check,
            Tensor f,
            Tensor g,
            Positives positives,
            double scale,
            @Nullable Tensor logScale,
            double margin,
            double smoothing) {
        DType type = check.activationType("f", f);
        check.matrix("g", g, type, g.rows(), f.columns()).vector("logScale", logScale, type.master(), 1);
        if (f.rows() != positives.rows()) {
            throw check.failure("f has %d rows, positives %d", f.rows(), positives.rows());
        }
        if (g.rows() != positives.columns()) {
            throw check.failure("g has %d rows, positives %d columns", g.rows(), positives.columns());
        }
        if (logScale == null && !Double.isFinite(scale)) {
            throw check.failure("scale is %s, must be finite", scale);
        }
        if (!Double.isFinite(margin)) {
            throw check.failure("margin is %s, must be finite", margin);
        }
        if (!(smoothing >= 0 && smoothing < 1)) {
            throw check.failure("smoothing is %s, must lie in [0, 1)", smoothing);
        }
        return type;
    }

    private static Check someRows(Check check, Tensor f, long first, long count) {
        if (first < 0 || count < 1 || first > f.rows() - count) {
            throw check.failure("rows %d to %d must be some of f", first, first + count);
        }
        return check;
    }

    @Override
    public void crossEntropy(Tensor logits, Tensor labels, double smoothing, Tensor loss, @Nullable Tensor dLogits) {
        Check check = check("crossEntropy")
                .in("logits", logits)
                .in("labels", labels)
                .out("loss", loss)
                .out("dLogits", dLogits, "logits");
        DType type = check.activationType("logits", logits);
        check.require(logits.size() > 0, "logits is empty")
                .require(labels.size() == logits.rows(), "%d labels for %d rows", labels.size(), logits.rows())
                .indices("labels", labels, logits.columns())
                .require(smoothing >= 0 && smoothing < 1, "smoothing is %s, must lie in [0, 1)", smoothing)
                .vector("loss", loss, type.master(), 1)
                .matrix("dLogits", dLogits, type, logits.rows(), logits.columns())
                .noOverlap();
        backend.crossEntropy(logits, labels, smoothing, loss, dLogits);
    }

    // optimiser

    /** A backend's segments that know whether they are closed. */
    private static final class CheckedSegments implements Segments {
        private final CheckedKernels owner;
        private final Segments segments;
        private volatile boolean closed;

        private CheckedSegments(CheckedKernels owner, Segments segments) {
            this.owner = owner;
            this.segments = segments;
        }

        @Override
        public long size() {
            return segments.size();
        }

        @Override
        public void close() {
            closed = true;
            segments.close();
        }
    }

    @Override
    public Segments segments(List<Segment> segments) {
        Check check = check("segments");
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            check.out("parameter " + i, segment.parameter())
                    .in("gradient " + i, segment.gradient())
                    .out("expAvg " + i, segment.expAvg())
                    .out("expAvgSq " + i, segment.expAvgSq())
                    .out("average " + i, segment.average());
        }
        for (int i = 0; i < segments.size(); i++) {
            segment(check, segments.get(i), i);
        }
        check.noOverlap();
        return new CheckedSegments(this, backend.segments(segments));
    }

    private static void segment(Check check, Segment segment, int i) {
        Tensor parameter = segment.parameter();
        DType type = check.activationType("parameter " + i, parameter).master();
        check.vector("parameter " + i, parameter, type, parameter.size())
                .vector("gradient " + i, segment.gradient(), type, parameter.size())
                .vector("expAvg " + i, segment.expAvg(), type, parameter.size())
                .vector("expAvgSq " + i, segment.expAvgSq(), type, parameter.size())
                .vector("average " + i, segment.average(), type, parameter.size())
                .require(
                        Double.isFinite(segment.weightDecay()) && segment.weightDecay() >= 0,
                        "weight decay %d is %s, must not be negative",
                        i,
                        segment.weightDecay());
    }

    @Override
    public void adamWEma(Segments segments, Tensor settings, Tensor state) {
        Check check = check("adamWEma").in("settings", settings).out("state", state);
        check.vector("settings", settings, DType.F64, 6)
                .vector("state", state, DType.F64, 5)
                .noOverlap();
        backend.adamWEma(prepared("adamWEma", segments), settings, state);
    }

    @Override
    public void emaUpdate(Segments segments, double decay) {
        check("emaUpdate").require(decay >= 0 && decay <= 1, "decay is %s, must lie in [0, 1]", decay);
        backend.emaUpdate(prepared("emaUpdate", segments), decay);
    }

    private Segments prepared(String operator, Segments segments) {
        if (!(segments instanceof CheckedSegments checked) || checked.owner != this) {
            throw new IllegalArgumentException(operator + ": the segments were prepared by other kernels");
        }
        if (checked.closed) {
            throw new IllegalStateException(operator + ": the segments are closed");
        }
        return checked.segments;
    }

    @Override
    public Recording record(Runnable work) {
        check("record");
        return backend.record(work);
    }

    @Override
    public void close() {
        if (!closed) {
            backend.close();
            closed = true;
        }
    }
}
