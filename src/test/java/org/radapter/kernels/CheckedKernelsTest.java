package org.radapter.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceDevice;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Device;
import org.radapter.tensor.DeviceMemory;
import org.radapter.tensor.Storage;
import org.radapter.tensor.Tensor;

/** Bad calls are refused by name before a backend sees them. That good calls pass, every other test of operators shows. */
final class CheckedKernelsTest {
    private static final Arena ARENA = new ReferenceDevice().arena("test");

    private interface Call {
        void on(Kernels kernels);
    }

    /** A call and what its message must name. */
    private record Bad(String what, Call call, String... names) {
        @Override
        public String toString() {
            return what;
        }
    }

    private static Tensor f32(long... shape) {
        return ARENA.allocate(DType.F32, shape);
    }

    private static Tensor bf16(long... shape) {
        return ARENA.allocate(DType.BF16, shape);
    }

    private static Tensor f64(long... shape) {
        return ARENA.allocate(DType.F64, shape);
    }

    private static Tensor ids(int... values) {
        return ARENA.allocate(DType.I32, values.length).copyFrom(values);
    }

    /** [rows, columns] whose rows lie apart. */
    private static Tensor apart(long rows, long columns) {
        return f32(rows, columns + 4).columns(0, columns);
    }

    static Stream<Bad> badCalls() {
        List<Bad> calls = new ArrayList<>();
        products(calls);
        elementwise(calls);
        normalisation(calls);
        attention(calls);
        embeddings(calls);
        adapters(calls);
        merges(calls);
        losses(calls);
        optimizer(calls);
        return calls.stream();
    }

    private static void products(List<Bad> calls) {
        Tensor a = f32(2, 3);
        Tensor b = f32(3, 5);
        Tensor c = f32(2, 5);
        Tensor square = f32(3, 3);
        calls.add(new Bad("inner extents", k -> k.gemm(false, true, a, b, c), "gemm", "op(a) [2, 3]", "op(b) [5, 3]"));
        calls.add(new Bad("result", k -> k.gemm(false, false, a, b, f32(2, 4)), "gemm: c", "F32[2, 4]", "F32[2, 5]"));
        calls.add(new Bad("integers", k -> k.gemm(false, false, ids(1), b, c), "gemm", "I32"));
        calls.add(new Bad("half result", k -> k.gemm(false, false, a, b, ARENA.allocate(DType.F16, 2, 5)), "gemm: c"));
        calls.add(new Bad(
                "bias size",
                k -> k.gemm(false, false, a, b, f32(4), Activation.NONE, null, null, c),
                "gemm: bias",
                "F32[4]",
                "F32[5]"));
        calls.add(new Bad(
                "bias type",
                k -> k.gemm(false, false, a, b, bf16(5), Activation.NONE, null, null, c),
                "gemm: bias",
                "BF16[5]"));
        calls.add(new Bad(
                "bias with gaps",
                k -> k.gemm(false, false, a, b, apart(5, 1), Activation.NONE, null, null, c),
                "gemm: the rows of bias"));
        calls.add(new Bad(
                "gradient without aux",
                k -> k.gemm(false, false, a, b, null, Activation.GELU_GRADIENT, null, null, c),
                "GELU_GRADIENT needs aux"));
        calls.add(new Bad(
                "gradient with bias",
                k -> k.gemm(false, false, a, b, f32(5), Activation.GELU_GRADIENT, f32(2, 5), null, c),
                "takes no bias"));
        calls.add(new Bad(
                "aux without activation",
                k -> k.gemm(false, false, a, b, null, Activation.NONE, f32(2, 5), null, c),
                "aux without an activation"));
        calls.add(new Bad(
                "leading dimension of aux",
                k -> k.gemm(false, false, a, b, null, Activation.GELU, apart(2, 5), null, c),
                "gemm: the rows of aux",
                "c"));
        calls.add(new Bad(
                "residual type",
                k -> k.gemm(false, false, a, b, null, Activation.NONE, null, bf16(2, 5), c),
                "gemm: residual",
                "BF16[2, 5]"));
        calls.add(new Bad("c is a", k -> k.gemm(false, false, square, f32(3, 3), square), "gemm: c overlaps a"));
        calls.add(new Bad(
                "residual overlaps c",
                k -> {
                    Tensor rows = f32(3, 5);
                    k.gemm(false, false, a, b, null, Activation.NONE, null, rows.rows(0, 2), rows.rows(1, 3));
                },
                "gemm: c overlaps residual"));
        calls.add(new Bad("packed inner", k -> packed(k, f32(2, 4), c), "gemmPacked", "a [2, 4]", "b [3, 5]"));
        calls.add(new Bad("packed result", k -> packed(k, a, f32(2, 4)), "gemmPacked: c", "F32[2, 5]"));
        calls.add(new Bad("packed integers", k -> k.pack(false, ids(1)).close(), "pack: b", "I32"));
        calls.add(new Bad(
                "packed elsewhere",
                k -> {
                    try (Kernels others = CheckedKernels.of(new ReferenceKernels(Precision.F32));
                            PackedMatrix foreign = others.pack(false, b)) {
                        k.gemmPacked(a, foreign, null, Activation.NONE, null, null, c);
                    }
                },
                "gemmPacked",
                "other kernels"));
    }

    private static void packed(Kernels kernels, Tensor a, Tensor c) {
        try (PackedMatrix b = kernels.pack(false, f32(3, 5))) {
            kernels.gemmPacked(a, b, null, Activation.NONE, null, null, c);
        }
    }

    private static void elementwise(List<Bad> calls) {
        Tensor x = f32(2, 3);
        calls.add(new Bad("convert shape", k -> k.convert(x, bf16(3, 2)), "convert: y", "BF16[3, 2]", "BF16[2, 3]"));
        calls.add(new Bad("convert integers", k -> k.convert(ids(1), f32(1)), "convert: x", "I32"));
        calls.add(new Bad("convert in place", k -> k.convert(x, x), "convert: y overlaps x"));
        calls.add(new Bad("add types", k -> k.add(x, bf16(2, 3), f32(2, 3)), "add: b", "BF16[2, 3]"));
        calls.add(new Bad(
                "add shifted",
                k -> {
                    Tensor rows = f32(3, 3);
                    k.add(rows.rows(0, 2), x, rows.rows(1, 3));
                },
                "add: c overlaps a"));
        calls.add(new Bad("fill integers", k -> k.fill(ids(1), 0), "fill: x", "I32"));
        calls.add(new Bad(
                "no activation", k -> k.activation(Activation.NONE, x, f32(2, 3)), "activation is NONE", "GELU"));
        calls.add(new Bad("activation shape", k -> k.activation(Activation.GELU, x, f32(6)), "activation: y"));
        calls.add(new Bad(
                "gradient in x",
                k -> k.activationBackward(Activation.GELU, x, f32(2, 3), x),
                "activationBackward: dx overlaps x"));
        calls.add(new Bad("column sums", k -> k.columnSum(x, f32(2)), "columnSum: sum", "F32[2]", "F32[3]"));
        calls.add(new Bad("column sums in bf16", k -> k.columnSum(bf16(2, 3), bf16(3)), "columnSum: sum", "F32[3]"));
    }

    private static void normalisation(List<Bad> calls) {
        Tensor x = f32(2, 3);
        Tensor gain = f32(3);
        Tensor kept = f32(2);
        calls.add(new Bad(
                "gain", k -> k.layerNorm(x, f32(2), gain, 1e-5, f32(2, 3), null, null), "layerNorm: gain", "F32[3]"));
        calls.add(new Bad(
                "epsilon", k -> k.layerNorm(x, gain, gain, -1, f32(2, 3), null, null), "layerNorm: epsilon", "-1"));
        calls.add(new Bad(
                "epsilon NaN",
                k -> k.layerNorm(x, gain, gain, Double.NaN, f32(2, 3), null, null),
                "layerNorm: epsilon"));
        calls.add(new Bad(
                "mean without rstd",
                k -> k.layerNorm(x, gain, gain, 1e-5, f32(2, 3), kept, null),
                "mean and rstd",
                "together"));
        calls.add(new Bad("y is x", k -> k.layerNorm(x, gain, gain, 1e-5, x, null, null), "layerNorm: y overlaps x"));
        calls.add(new Bad(
                "no columns",
                k -> k.layerNorm(f32(2, 0), f32(0), f32(0), 1e-5, f32(2, 0), null, null),
                "layerNorm: x has no columns"));
        calls.add(new Bad(
                "leading dimension of residual",
                k -> k.layerNormBackward(f32(2, 3), x, gain, kept, f32(2), apart(2, 3), f32(2, 3), null, null),
                "layerNormBackward: the rows of residual",
                "dx"));
        calls.add(new Bad(
                "dx is dy",
                k -> {
                    Tensor dy = f32(2, 3);
                    k.layerNormBackward(dy, x, gain, kept, f32(2), null, dy, null, null);
                },
                "layerNormBackward: dx overlaps dy"));
        calls.add(new Bad(
                "dGain without dBias",
                k -> k.layerNormBackward(f32(2, 3), x, gain, kept, f32(2), null, f32(2, 3), f32(3), null),
                "dGain and dBias"));
        calls.add(new Bad("norm", k -> k.normalize(x, f32(2, 3), f32(3)), "normalize: norm", "F32[2]"));
        calls.add(new Bad(
                "dx is y", k -> k.normalizeBackward(f32(2, 3), x, kept, x), "normalizeBackward: dx overlaps y"));
    }

    private static void attention(List<Bad> calls) {
        Tensor qkv = f32(6, 48);
        Tensor out = f32(6, 16);
        calls.add(new Bad("sequences", k -> k.attention(qkv, 4, 2, false, out, null), "attention", "4 sequences"));
        calls.add(new Bad("no batch", k -> k.attention(qkv, 0, 2, false, out, null), "attention", "0 sequences"));
        calls.add(new Bad("heads", k -> k.attention(qkv, 2, 5, false, out, null), "attention", "3 x 5 heads"));
        calls.add(new Bad("head size", k -> k.attention(qkv, 2, 4, false, out, null), "attention", "size 4"));
        calls.add(new Bad(
                "large heads",
                k -> k.attention(f32(6, 3 * 264), 2, 1, false, f32(6, 264), null),
                "attention",
                "size 264"));
        calls.add(new Bad("out", k -> k.attention(qkv, 2, 2, false, f32(6, 48), null), "attention: out", "F32[6, 16]"));
        calls.add(new Bad(
                "log sum exp", k -> k.attention(qkv, 2, 2, false, out, f32(6)), "attention: logSumExp", "F32[12]"));
        calls.add(new Bad(
                "out within qkv",
                k -> k.attention(qkv, 2, 2, false, qkv.columns(0, 16), null),
                "attention: out overlaps qkv"));
        calls.add(new Bad(
                "dQkv is qkv",
                k -> k.attentionBackward(qkv, out, f32(2, 2, 3), f32(6, 16), 2, 2, false, qkv),
                "attentionBackward: dQkv overlaps qkv"));
    }

    private static void embeddings(List<Bad> calls) {
        calls.add(
                new Bad("channels", k -> k.patches(f32(2, 4, 4, 4), 2, f32(8, 12)), "patches: images", "[2, 4, 4, 4]"));
        calls.add(new Bad("patch", k -> k.patches(f32(2, 3, 4, 4), 3, f32(8, 12)), "patches", "patch 3"));
        calls.add(new Bad("patch 0", k -> k.patches(f32(2, 3, 4, 4), 0, f32(8, 12)), "patches", "patch 0"));
        calls.add(new Bad("grid", k -> k.patches(f32(2, 3, 4, 4), 2, f32(4, 12)), "patches: patches", "F32[8, 12]"));
        calls.add(new Bad(
                "tokens of an image",
                k -> k.imageTokens(f32(8, 3), f32(3), f32(5, 3), f32(9, 3)),
                "imageTokens",
                "sequences of 5"));
        calls.add(new Bad(
                "position of the class alone",
                k -> k.imageTokens(f32(0, 3), f32(3), f32(1, 3), f32(2, 3)),
                "imageTokens: position"));
        calls.add(new Bad(
                "no gradient of images",
                k -> k.imageTokensBackward(f32(10, 3), 4, null, null, null),
                "imageTokensBackward",
                "no gradient"));
        Tensor table = f32(7, 3);
        calls.add(new Bad(
                "id too large",
                k -> k.textTokens(ids(0, 7).reshape(1, 2), table, f32(2, 3), f32(2, 3)),
                "textTokens: ids[1] is 7",
                "[0, 7)"));
        calls.add(new Bad(
                "id negative",
                k -> k.textTokens(ids(-1, 0).reshape(1, 2), table, f32(2, 3), f32(2, 3)),
                "textTokens: ids[0] is -1"));
        calls.add(new Bad(
                "few positions",
                k -> k.textTokens(ids(0, 1).reshape(1, 2), table, f32(1, 3), f32(2, 3)),
                "textTokens: position"));
        calls.add(new Bad(
                "ids of another type",
                k -> k.textTokens(f32(1, 2), table, f32(2, 3), f32(2, 3)),
                "textTokens: ids",
                "I32"));
        calls.add(new Bad(
                "id beyond the gradient",
                k -> k.textTokensBackward(ids(5).reshape(1, 1), f32(1, 3), f32(5, 3), null),
                "textTokensBackward: ids[0] is 5"));
        calls.add(new Bad("gather", k -> k.gatherRows(table, ids(0, 9), f32(2, 3)), "gatherRows: rows[1] is 9"));
        calls.add(new Bad("gather shape", k -> k.gatherRows(table, ids(0), f32(2, 3)), "gatherRows: y", "F32[1, 3]"));
        calls.add(new Bad(
                "scatter twice",
                k -> k.scatterRows(f32(2, 3), ids(4, 4), table),
                "scatterRows: rows[1] names 4 again"));
    }

    private static void adapters(List<Bad> calls) {
        Tensor x = f32(6, 4);
        Tensor w = f32(4, 4);
        Tensor one = f32(1);
        Tensor down = f32(4, 2);
        Tensor up = f32(2, 4);
        calls.add(new Bad("w", k -> k.adapter(x, f32(4, 3), one, null, null, f32(6, 4)), "adapter: w", "F32[4, 4]"));
        calls.add(new Bad("scale", k -> k.adapter(x, w, f32(2), null, null, f32(6, 4)), "adapter: scale", "F32[1]"));
        calls.add(new Bad("y is x", k -> k.adapter(x, w, one, null, null, x), "adapter: y overlaps x"));
        calls.add(new Bad(
                "divisor", k -> k.adapter(x, w, one, new Gate(one, 0), null, f32(6, 4)), "adapter", "divisor", "0"));
        calls.add(new Bad(
                "empty gate",
                k -> k.adapter(x, w, one, new Gate(f32(0), 1), null, f32(6, 4)),
                "adapter: gate",
                "no values"));
        calls.add(new Bad(
                "gate type",
                k -> k.adapter(x, w, one, new Gate(bf16(2), 1), null, f32(6, 4)),
                "adapter: gate",
                "BF16[2]"));
        calls.add(new Bad(
                "dx is dy",
                k -> {
                    Tensor dy = f32(6, 4);
                    k.adapterBackward(x, w, one, null, dy, dy, null, null);
                },
                "adapterBackward: dx overlaps dy"));
        calls.add(new Bad(
                "dW is w",
                k -> k.adapterBackward(x, w, one, null, f32(6, 4), null, w, null),
                "adapterBackward: dW overlaps w"));
        calls.add(new Bad(
                "factors",
                k -> k.lowRankAdapter(x, down, f32(3, 4), one, null, null, f32(6, 2), f32(6, 4)),
                "lowRankAdapter: up",
                "F32[2, 4]"));
        calls.add(new Bad(
                "hidden with gaps",
                k -> k.lowRankAdapter(x, down, up, one, null, null, apart(6, 2), f32(6, 4)),
                "lowRankAdapter: the rows of hidden"));
        calls.add(new Bad(
                "dDown without dUp",
                k -> k.lowRankAdapterBackward(
                        x, f32(6, 2), down, up, one, null, f32(6, 4), null, f32(4, 2), null, null),
                "dDown and dUp"));
    }

    private static void merges(List<Bad> calls) {
        Tensor weight = f32(3, 4);
        Tensor w = f32(4, 4);
        calls.add(merge(
                "down of a merge",
                new MergeLayer(weight, false, null, f32(3, 3), null, 1, f32(3, 4), null),
                "merge: down of layer 1",
                "F32[4, 4]"));
        calls.add(merge(
                "merged type",
                new MergeLayer(weight, false, null, w, null, 1, bf16(3, 4), null),
                "merge: mergedWeight of layer 1",
                "BF16[3, 4]"));
        calls.add(merge(
                "merged in place",
                new MergeLayer(weight, false, null, w, null, 1, weight, null),
                "merge: mergedWeight of layer 1 overlaps weight of layer 1"));
        calls.add(merge(
                "bias alone",
                new MergeLayer(weight, false, f32(4), w, null, 1, f32(3, 4), null),
                "bias of layer 1 and mergedBias of layer 1"));
        calls.add(merge(
                "coefficient",
                new MergeLayer(weight, false, null, w, null, Double.NaN, f32(3, 4), null),
                "coefficient of layer 1",
                "NaN"));
        calls.add(merge(
                "merge of gaps",
                new MergeLayer(apart(3, 4), false, null, w, null, 1, f32(3, 4), null),
                "the rows of weight of layer 1"));
    }

    /** A bad layer behind a good one. */
    private static Bad merge(String what, MergeLayer bad, String... names) {
        MergeLayer good = new MergeLayer(f32(2, 2), true, null, f32(2, 1), f32(1, 2), 1, f32(2, 2), null);
        return new Bad(what, k -> k.merge(List.of(good, bad)), names);
    }

    private static void losses(List<Bad> calls) {
        Tensor f = f32(3, 4);
        Tensor g = f32(3, 4);
        Positives three = Positives.identity(ARENA, 3);
        Positives two = Positives.identity(ARENA, 2);
        calls.add(new Bad(
                "positives", k -> k.contrastive(f, g, two, 1, null, 0, 0, f32(3), null, null, null), "f has 3 rows"));
        calls.add(new Bad(
                "widths",
                k -> k.contrastive(f, f32(3, 5), three, 1, null, 0, 0, f32(3), null, null, null),
                "contrastive: g",
                "F32[3, 5]"));
        for (double smoothing : new double[] {-0.1, 1, Double.NaN}) {
            calls.add(new Bad(
                    "smoothing " + smoothing,
                    k -> k.contrastive(f, g, three, 1, null, 0, smoothing, f32(3), null, null, null),
                    "contrastive: smoothing"));
        }
        calls.add(new Bad(
                "scale",
                k -> k.contrastive(f, g, three, Double.NaN, null, 0, 0, f32(3), null, null, null),
                "contrastive: scale"));
        calls.add(new Bad(
                "dF without dG",
                k -> k.contrastive(f, g, three, 1, null, 0, 0, f32(3), f32(3, 4), null, null),
                "dF and dG"));
        calls.add(new Bad(
                "gradient of no log scale",
                k -> k.contrastive(f, g, three, 1, null, 0, 0, f32(3), null, null, f32(1)),
                "dLogScale without logScale"));
        calls.add(new Bad(
                "dF is f",
                k -> k.contrastive(f, g, three, 1, null, 0, 0, f32(3), f, f32(3, 4), null),
                "contrastive: dF overlaps f"));
        Tensor sums = f64(3, 3);
        calls.add(new Bad(
                "rows beyond the batch",
                k -> k.contrastiveRowSums(f, g, three, 1, null, 0, 0, 2, false, f64(2, 3)),
                "contrastiveRowSums: rows 2 to 4 must be some of f"));
        calls.add(new Bad(
                "width of sums",
                k -> k.contrastiveRowSums(f, g, three, 1, null, 0, 0, 0, false, f64(3, 2)),
                "contrastiveRowSums: rowSums"));
        calls.add(new Bad(
                "sums of some columns",
                k -> k.contrastiveRowGradients(
                        f, g, three, 1, null, 0, 0, 0, false, sums, f64(2, 3), null, f32(3, 4), null),
                "contrastiveRowGradients: columnSums"));
        calls.add(new Bad(
                "parts of other rows",
                k -> k.contrastiveRowGradients(
                        f, g, three, 1, null, 0, 0, 1, false, sums, sums, null, f32(2, 4), f32(3)),
                "contrastiveRowGradients: dLogScale"));
        calls.add(new Bad(
                "label", k -> k.crossEntropy(f, ids(0, 1, 4), 0, f32(1), null), "crossEntropy: labels[2] is 4"));
        calls.add(new Bad(
                "number of labels", k -> k.crossEntropy(f, ids(0, 1), 0, f32(1), null), "crossEntropy: 2 labels"));
        calls.add(new Bad(
                "no rows", k -> k.crossEntropy(f32(0, 4), ids(), 0, f32(1), null), "crossEntropy: logits is empty"));
    }

    private static void optimizer(List<Bad> calls) {
        Tensor p = f32(5);
        calls.add(segment("gradient size", new Segment(p, f32(4), f32(5), f32(5), null, 0), "segments: gradient 1"));
        calls.add(segment("moment type", new Segment(p, f32(5), bf16(5), f32(5), null, 0), "segments: expAvg 1"));
        calls.add(segment("average is p", new Segment(p, f32(5), f32(5), f32(5), p, 0), "average 1", "overlaps"));
        calls.add(segment("decay", new Segment(p, f32(5), f32(5), f32(5), null, -1), "weight decay 1"));
        calls.add(new Bad(
                "settings", k -> step(k, ARENA.allocate(DType.F64, 5)), "adamWEma: settings", "F64[5]", "F64[6]"));
        calls.add(new Bad("settings type", k -> step(k, f32(6)), "adamWEma: settings", "F32[6]"));
        calls.add(new Bad(
                "decay of the average",
                k -> {
                    try (Segments segments = k.segments(List.of())) {
                        k.emaUpdate(segments, 1.5);
                    }
                },
                "emaUpdate: decay",
                "1.5"));
    }

    private static Bad segment(String what, Segment bad, String... names) {
        Segment good = new Segment(f32(3), f32(3), f32(3), f32(3), f32(3), 0);
        return new Bad(what, k -> k.segments(List.of(good, bad)).close(), names);
    }

    private static void step(Kernels kernels, Tensor settings) {
        try (Segments segments = kernels.segments(List.of())) {
            kernels.adamWEma(segments, settings, ARENA.allocate(DType.F64, 5));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badCalls")
    void badArgumentsAreRefusedByName(Bad bad) {
        try (Kernels kernels = CheckedKernels.of(new ReferenceKernels(Precision.F32))) {
            assertThatThrownBy(() -> bad.call.on(kernels))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(bad.names);
        }
    }

    @Test
    void messagesListAllShapes() {
        try (Kernels kernels = CheckedKernels.of(new ReferenceKernels(Precision.F32))) {
            assertThatThrownBy(() -> kernels.gemm(false, false, f32(2, 3), f32(3, 5), f32(2, 4)))
                    .hasMessage("gemm: c is F32[2, 4], must be F32[2, 5] (a F32[2, 3], b F32[3, 5], c F32[2, 4])");
        }
    }

    @Test
    void closedThingsAreRefused() {
        Kernels kernels = CheckedKernels.of(new ReferenceKernels(Precision.F32));
        PackedMatrix packed = kernels.pack(false, f32(3, 5));
        Segments segments = kernels.segments(List.of());
        packed.close();
        segments.close();
        assertThatThrownBy(() -> kernels.gemmPacked(f32(2, 3), packed, null, Activation.NONE, null, null, f32(2, 5)))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> kernels.emaUpdate(segments, 0.5)).isInstanceOf(IllegalStateException.class);
        kernels.close();
        kernels.close();
        assertThatThrownBy(() -> kernels.fill(f32(1), 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("fill");
        assertThatThrownBy(() -> kernels.segments(List.of())).isInstanceOf(IllegalStateException.class);
    }

    private static final DeviceMemory UNREACHABLE = new DeviceMemory() {
        @Override
        public void read(long address, ByteBuffer to) {
            throw new AssertionError("nothing is to be read");
        }

        @Override
        public void write(ByteBuffer from, long address) {
            throw new AssertionError("nothing is to be written");
        }
    };

    @Test
    void tensorsOutOfReachAreRefused() {
        try (Kernels kernels = CheckedKernels.of(new ReferenceKernels(Precision.F32))) {
            Tensor onDevice = new Tensor(Storage.device(UNREACHABLE, 4096, 64), 0, DType.F32, 4);
            assertThatThrownBy(() -> kernels.fill(onDevice, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("fill: x lies in device memory");
        }
    }

    /** What native code cannot take: memory without an address, and float64. */
    @Test
    void nativeCodeGetsNoForeignMemory() {
        Device device = new Device() {
            @Override
            public String name() {
                return "cpu";
            }

            @Override
            public boolean isHost() {
                return true;
            }

            @Override
            public Arena arena(String purpose) {
                throw new UnsupportedOperationException();
            }
        };
        assertThatThrownBy(() -> new Check(device).begin("fill").out("x", f32(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("x was not allocated for native code");
        Tensor doubles = ARENA.allocate(DType.F64, 2);
        assertThatThrownBy(() -> new Check(device).begin("fill").floatingType("x", doubles))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("F64");
        assertThatThrownBy(() -> new Check(device).begin("add").activationType("a", doubles))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void checksAreNotStacked() {
        CheckedKernels kernels = CheckedKernels.of(new ReferenceKernels(Precision.F32));
        assertThat(CheckedKernels.of(kernels)).isSameAs(kernels);
        kernels.close();
    }
}
