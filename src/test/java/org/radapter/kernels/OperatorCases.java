package org.radapter.kernels;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * One call or two of every operator with random inputs of odd shapes. A case sees the same numbers on every backend;
 * its results go by name.
 */
final class OperatorCases {
    /** Runs operators on a bench and names their results. */
    interface Case {
        void run(Workbench bench, RandomNumbers random, Results results);
    }

    /** Results by name. */
    static final class Results {
        private final Map<String, double[]> values = new LinkedHashMap<>();

        void put(String name, @Nullable Tensor tensor) {
            if (tensor != null && values.put(name, tensor.toDoubles()) != null) {
                throw new IllegalStateException("two results are called " + name);
            }
        }

        Map<String, double[]> values() {
            return values;
        }
    }

    private static final Map<String, Case> ALL = new TreeMap<>();

    static {
        for (boolean transposeA : new boolean[] {false, true}) {
            for (boolean transposeB : new boolean[] {false, true}) {
                String name = "gemm " + (transposeA ? "T" : "N") + (transposeB ? "T" : "N");
                ALL.put(name, (bench, random, results) -> gemm(bench, random, results, transposeA, transposeB));
            }
        }
        for (Activation activation : Activation.values()) {
            ALL.put("gemm " + activation, (bench, random, results) -> epilogue(bench, random, results, activation));
        }
        for (Activation activation : List.of(Activation.QUICK_GELU, Activation.GELU)) {
            ALL.put("activation " + activation, (bench, random, results) -> act(bench, random, results, activation));
        }
        ALL.put("gemm without inner columns", OperatorCases::emptyProduct);
        ALL.put("gemm of mixed types", OperatorCases::mixedProduct);
        ALL.put("gemm large", OperatorCases::largeProduct);
        ALL.put("convert", OperatorCases::convert);
        ALL.put("add", OperatorCases::add);
        ALL.put("fill", OperatorCases::fill);
        ALL.put("column sum", OperatorCases::columnSum);
        ALL.put("layer norm", OperatorCases::layerNorm);
        ALL.put("normalize", OperatorCases::normalize);
        for (boolean causal : new boolean[] {false, true}) {
            for (int size : new int[] {8, 32, 40, 64, 128}) {
                String name = (causal ? "causal attention, heads of " : "attention, heads of ") + size;
                ALL.put(name, (bench, random, results) -> attention(bench, random, results, size, causal));
            }
        }
        ALL.put("patches", OperatorCases::patches);
        ALL.put("image tokens", OperatorCases::imageTokens);
        ALL.put("text tokens", OperatorCases::textTokens);
        ALL.put("gather and scatter", OperatorCases::gatherAndScatter);
        for (String dropping : List.of("none", "module", "dropped", "sample", "position")) {
            ALL.put(
                    "adapter, dropping " + dropping,
                    (bench, random, results) -> adapter(bench, random, results, dropping));
            ALL.put(
                    "low-rank adapter, dropping " + dropping,
                    (bench, random, results) -> lowRankAdapter(bench, random, results, dropping));
        }
        ALL.put("merge", OperatorCases::merge);
        ALL.put("contrastive with labels", OperatorCases::contrastiveWithLabels);
        ALL.put("contrastive with lists", OperatorCases::contrastiveWithLists);
        ALL.put("contrastive with learned scale", OperatorCases::contrastiveWithLearnedScale);
        ALL.put("cross entropy", OperatorCases::crossEntropy);
        ALL.put("optimizer", OperatorCases::optimizer);
    }

    private OperatorCases() {}

    /** All cases; only those whose name begins with system property {@code radapter.operators}, if it is set. */
    static List<String> names() {
        String prefix = System.getProperty("radapter.operators", "");
        return ALL.keySet().stream().filter(name -> name.startsWith(prefix)).toList();
    }

    /** The results of one case. */
    static Map<String, double[]> run(String name, TestBackend backend, boolean gaps, long seed) {
        try (Workbench bench = new Workbench(backend, gaps)) {
            Results results = new Results();
            ALL.get(name).run(bench, new RandomNumbers(seed), results);
            bench.assertGapsUntouched();
            return results.values();
        }
    }

    private static Tensor input(Workbench bench, RandomNumbers random, double scale, long rows, long columns) {
        return bench.activation(random.normal(rows * columns, scale), rows, columns);
    }

    private static Tensor master(Workbench bench, RandomNumbers random, double scale, long... shape) {
        Tensor tensor = bench.masterResult(shape);
        return tensor.copyFrom(random.normal(tensor.size(), scale));
    }

    // products

    private static void gemm(
            Workbench bench, RandomNumbers random, Results results, boolean transposeA, boolean transposeB) {
        int m = random.between(1, 70);
        int n = random.between(1, 70);
        int k = random.between(1, 90);
        Tensor a = transposeA ? input(bench, random, 1, k, m) : input(bench, random, 1, m, k);
        Tensor b = transposeB ? input(bench, random, 1, n, k) : input(bench, random, 1, k, n);
        Tensor c = bench.activationResult(m, n);
        bench.kernels.gemm(transposeA, transposeB, a, b, c);
        results.put("c", c);
        if (!transposeA) {
            Tensor packed = bench.activationResult(m, n);
            try (PackedMatrix matrix = bench.kernels.pack(transposeB, b)) {
                bench.kernels.gemmPacked(a, matrix, null, Activation.NONE, null, null, packed);
            }
            results.put("c of packed", packed);
        }
    }

    private static void epilogue(Workbench bench, RandomNumbers random, Results results, Activation activation) {
        int m = random.between(1, 40);
        int n = random.between(1, 70);
        int k = random.between(1, 50);
        Tensor a = input(bench, random, 1, m, k);
        Tensor b = input(bench, random, 0.3, k, n);
        Tensor bias = activation.isGradient() ? null : master(bench, random, 1, n);
        Tensor aux = null;
        if (activation.isGradient()) {
            aux = input(bench, random, 1, m, n);
        } else if (activation != Activation.NONE) {
            aux = bench.activationResult(m, n);
        }
        Tensor residual = input(bench, random, 1, m, n);
        Tensor inPlace = bench.activation(residual.toDoubles(), m, n);
        Tensor c = bench.activationResult(m, n);
        Tensor plain = bench.activationResult(m, n);
        bench.kernels.gemm(false, false, a, b, bias, activation, aux, residual, c);
        bench.kernels.gemm(false, false, a, b, bias, activation, aux, inPlace, inPlace);
        Tensor read = activation.isGradient() ? aux : null;
        bench.kernels.gemm(false, false, a, b, null, activation, read, null, plain);
        results.put("c", c);
        results.put("c in place", inPlace);
        results.put("c without bias and residual", plain);
        results.put("aux", aux);
        try (PackedMatrix packed = bench.kernels.pack(false, b)) {
            Tensor again = bench.activationResult(m, n);
            bench.kernels.gemmPacked(a, packed, bias, activation, aux, residual, again);
            results.put("c of packed", again);
        }
    }

    private static void emptyProduct(Workbench bench, RandomNumbers random, Results results) {
        Tensor a = bench.arena.allocate(bench.activations(), 5, 0);
        Tensor b = bench.arena.allocate(bench.activations(), 0, 7);
        Tensor bias = master(bench, random, 1, 7);
        Tensor residual = input(bench, random, 1, 5, 7);
        Tensor c = bench.activationResult(5, 7);
        bench.kernels.gemm(false, false, a, b, bias, Activation.GELU, null, residual, c);
        results.put("c", c);
    }

    private static void mixedProduct(Workbench bench, RandomNumbers random, Results results) {
        int m = random.between(1, 40);
        int n = random.between(1, 40);
        int k = random.between(1, 40);
        double[] left = random.normal(m * k, 1);
        double[] right = random.normal(k * n, 0.25);
        List<DType> types = List.of(DType.F32, DType.BF16, DType.F16);
        for (DType aType : types) {
            for (DType bType : types) {
                Tensor a = bench.arena.allocate(aType, m, k).copyFrom(left);
                Tensor b = bench.arena.allocate(bType, k, n).copyFrom(right);
                Tensor c = bench.masterResult(m, n);
                bench.kernels.gemm(false, false, a, b, c);
                results.put("c of " + aType + " and " + bType, c);
            }
        }
    }

    private static void largeProduct(Workbench bench, RandomNumbers random, Results results) {
        int m = random.between(130, 200);
        int n = random.between(260, 300);
        int k = random.between(520, 600);
        Tensor a = input(bench, random, 1, m, k);
        Tensor b = input(bench, random, 1, k, n);
        Tensor c = bench.activationResult(m, n);
        Tensor bias = master(bench, random, 1, n);
        bench.kernels.gemm(false, false, a, b, bias, Activation.QUICK_GELU, null, null, c);
        results.put("c", c);
    }

    // elementwise

    private static void convert(Workbench bench, RandomNumbers random, Results results) {
        int rows = random.between(1, 9);
        int columns = random.between(1, 70);
        Tensor x = input(bench, random, 1, rows, columns);
        for (DType type : List.of(DType.F32, DType.BF16, DType.F16)) {
            Tensor y = bench.poisoned(type, rows, columns);
            bench.kernels.convert(x, y);
            results.put("to " + type, y);
        }
        Tensor back = bench.activationResult(rows, columns);
        Tensor half = bench.arena.allocate(DType.F16, rows, columns).copyFrom(random.normal(rows * columns, 1));
        bench.kernels.convert(half, back);
        results.put("from F16", back);
    }

    private static void add(Workbench bench, RandomNumbers random, Results results) {
        int rows = random.between(1, 9);
        int columns = random.between(1, 70);
        Tensor a = input(bench, random, 1, rows, columns);
        Tensor b = input(bench, random, 1, rows, columns);
        Tensor c = bench.activationResult(rows, columns);
        bench.kernels.add(a, b, c);
        results.put("c", c);
        bench.kernels.add(a, b, b);
        results.put("c in b", b);
        bench.kernels.add(a, c, a);
        results.put("c in a", a);
    }

    private static void fill(Workbench bench, RandomNumbers random, Results results) {
        Tensor x = bench.activationResult(random.between(1, 9), random.between(1, 70));
        bench.kernels.fill(x, -1.5);
        results.put("x", x);
    }

    private static void act(Workbench bench, RandomNumbers random, Results results, Activation activation) {
        int rows = random.between(1, 9);
        int columns = random.between(1, 70);
        Tensor x = input(bench, random, 3, rows, columns);
        Tensor dy = input(bench, random, 1, rows, columns);
        Tensor y = bench.activationResult(rows, columns);
        Tensor dx = bench.activationResult(rows, columns);
        bench.kernels.activation(activation, x, y);
        bench.kernels.activationBackward(activation, x, dy, dx);
        bench.kernels.activationBackward(activation, x, dy, dy);
        bench.kernels.activation(activation, x, x);
        results.put("y", y);
        results.put("y in place", x);
        results.put("dx", dx);
        results.put("dx in place", dy);
    }

    private static void columnSum(Workbench bench, RandomNumbers random, Results results) {
        int columns = random.between(1, 200);
        Tensor x = input(bench, random, 1, random.between(1, 300), columns);
        Tensor sum = bench.masterResult(columns);
        bench.kernels.columnSum(x, sum);
        results.put("sum", sum);
    }

    // normalisation

    private static void layerNorm(Workbench bench, RandomNumbers random, Results results) {
        int rows = random.between(1, 80);
        int columns = random.between(2, 150);
        Tensor x = input(bench, random, 2, rows, columns);
        Tensor gain = master(bench, random, 1, columns);
        Tensor bias = master(bench, random, 1, columns);
        Tensor y = bench.activationResult(rows, columns);
        Tensor mean = bench.masterResult(rows);
        Tensor rstd = bench.masterResult(rows);
        bench.kernels.layerNorm(x, gain, bias, 1e-5, y, mean, rstd);
        results.put("y", y);
        results.put("mean", mean);
        results.put("rstd", rstd);
        Tensor unkept = bench.activationResult(rows, columns);
        bench.kernels.layerNorm(x, gain, bias, 1e-5, unkept, null, null);
        results.put("y without statistics", unkept);
        Tensor dy = input(bench, random, 1, rows, columns);
        Tensor residual = input(bench, random, 1, rows, columns);
        Tensor dx = bench.activationResult(rows, columns);
        Tensor dGain = bench.masterResult(columns);
        Tensor dBias = bench.masterResult(columns);
        bench.kernels.layerNormBackward(dy, x, gain, mean, rstd, null, dx, dGain, dBias);
        bench.kernels.layerNormBackward(dy, x, gain, mean, rstd, residual, residual, null, null);
        results.put("dx", dx);
        results.put("dx onto residual", residual);
        results.put("dGain", dGain);
        results.put("dBias", dBias);
    }

    private static void normalize(Workbench bench, RandomNumbers random, Results results) {
        int rows = random.between(1, 30);
        int columns = random.between(2, 150);
        Tensor x = input(bench, random, 2, rows, columns);
        Tensor y = bench.activationResult(rows, columns);
        Tensor norm = bench.masterResult(rows);
        bench.kernels.normalize(x, y, norm);
        results.put("y", y);
        results.put("norm", norm);
        Tensor dy = input(bench, random, 1, rows, columns);
        Tensor dx = bench.activationResult(rows, columns);
        bench.kernels.normalizeBackward(dy, y, norm, dx);
        bench.kernels.normalizeBackward(dy, y, norm, dy);
        results.put("dx", dx);
        results.put("dx in place", dy);
        Tensor zero = bench.activation(new double[columns], 1, columns);
        Tensor zeroNorm = bench.masterResult(1);
        bench.kernels.normalize(zero, zero, zeroNorm);
        results.put("y of zeros in place", zero);
        results.put("norm of zeros", zeroNorm);
    }

    // attention

    private static void attention(
            Workbench bench, RandomNumbers random, Results results, int headSize, boolean causal) {
        int batch = random.between(1, 3);
        int heads = random.between(1, 3);
        int length = random.between(1, 40);
        int width = heads * headSize;
        Tensor qkv = input(bench, random, 1, (long) batch * length, 3L * width);
        Tensor out = bench.activationResult(batch * length, width);
        Tensor logSumExp = bench.masterResult(batch, heads, length);
        bench.kernels.attention(qkv, batch, heads, causal, out, logSumExp);
        results.put("out", out);
        results.put("logSumExp", logSumExp);
        Tensor dOut = input(bench, random, 1, (long) batch * length, width);
        Tensor dQkv = bench.activationResult(batch * length, 3 * width);
        bench.kernels.attentionBackward(qkv, out, logSumExp, dOut, batch, heads, causal, dQkv);
        results.put("dQkv", dQkv);
        Tensor unkept = bench.activationResult(batch * length, width);
        bench.kernels.attention(qkv, batch, heads, causal, unkept, null);
        results.put("out without statistics", unkept);
    }

    // embeddings

    private static void patches(Workbench bench, RandomNumbers random, Results results) {
        int batch = random.between(1, 3);
        int patch = random.between(1, 7);
        int height = patch * random.between(1, 4);
        int width = patch * random.between(1, 4);
        Tensor images = master(bench, random, 1, batch, 3, height, width);
        Tensor patches = bench.activationResult((long) batch * (height / patch) * (width / patch), 3L * patch * patch);
        bench.kernels.patches(images, patch, patches);
        results.put("patches", patches);
    }

    private static void imageTokens(Workbench bench, RandomNumbers random, Results results) {
        int batch = random.between(1, 4);
        int patches = random.between(1, 20);
        int columns = random.between(1, 60);
        Tensor embedded = input(bench, random, 1, (long) batch * patches, columns);
        Tensor classEmbedding = master(bench, random, 1, columns);
        Tensor position = master(bench, random, 1, patches + 1, columns);
        Tensor tokens = bench.activationResult(batch * (patches + 1), columns);
        bench.kernels.imageTokens(embedded, classEmbedding, position, tokens);
        results.put("tokens", tokens);
        Tensor dTokens = input(bench, random, 1, (long) batch * (patches + 1), columns);
        Tensor dEmbedded = bench.activationResult(batch * patches, columns);
        Tensor dClass = bench.masterResult(columns);
        Tensor dPosition = bench.masterResult(patches + 1, columns);
        bench.kernels.imageTokensBackward(dTokens, patches, dEmbedded, dClass, dPosition);
        results.put("dEmbedded", dEmbedded);
        results.put("dClass", dClass);
        results.put("dPosition", dPosition);
        Tensor alone = bench.masterResult(columns);
        bench.kernels.imageTokensBackward(dTokens, patches, null, alone, null);
        results.put("dClass alone", alone);
    }

    private static void textTokens(Workbench bench, RandomNumbers random, Results results) {
        int batch = random.between(1, 5);
        int length = random.between(1, 20);
        int columns = random.between(1, 60);
        int vocabulary = random.between(1, 30);
        Tensor ids = bench.integers(random.indices(batch * length, vocabulary), batch, length);
        Tensor table = master(bench, random, 1, vocabulary, columns);
        Tensor rounded =
                bench.arena.allocate(bench.activations(), vocabulary, columns).copyFrom(table.toDoubles());
        Tensor position = master(bench, random, 1, length + 2, columns);
        Tensor tokens = bench.activationResult(batch * length, columns);
        Tensor again = bench.activationResult(batch * length, columns);
        bench.kernels.textTokens(ids, table, position, tokens);
        bench.kernels.textTokens(ids, rounded, position, again);
        results.put("tokens", tokens);
        results.put("tokens of a table of activations", again);
        Tensor dTokens = input(bench, random, 1, (long) batch * length, columns);
        Tensor dTable = bench.masterResult(vocabulary, columns);
        Tensor dPosition = bench.masterResult(length, columns);
        bench.kernels.textTokensBackward(ids, dTokens, dTable, dPosition);
        results.put("dTable", dTable);
        results.put("dPosition", dPosition);
        Tensor alone = bench.masterResult(length, columns);
        bench.kernels.textTokensBackward(ids, dTokens, null, alone);
        results.put("dPosition alone", alone);
    }

    private static void gatherAndScatter(Workbench bench, RandomNumbers random, Results results) {
        int total = random.between(5, 30);
        int count = random.between(1, 5);
        int columns = random.between(1, 60);
        Tensor x = input(bench, random, 1, total, columns);
        Tensor again = bench.integers(random.indices(2 * total, total), 2 * total);
        Tensor gathered = bench.activationResult(2L * total, columns);
        bench.kernels.gatherRows(x, again, gathered);
        results.put("gathered", gathered);
        Tensor y = input(bench, random, 1, count, columns);
        Tensor scattered = bench.activationResult(total, columns);
        bench.kernels.scatterRows(y, bench.integers(random.distinct(count, total), count), scattered);
        results.put("scattered", scattered);
    }

    // R-Adapter

    private static @Nullable Gate gate(Workbench bench, RandomNumbers random, String dropping, int batch, int length) {
        return switch (dropping) {
            case "none" -> null;
            case "module" -> Gate.module(bench.master(new double[] {1.25}, 1));
            case "dropped" -> Gate.module(bench.master(new double[] {0}, 1));
            case "sample" -> Gate.sample(bench.master(random.gates(batch), batch), length);
            case "position" -> Gate.tokenPosition(bench.master(random.gates(length), length));
            default -> throw new IllegalArgumentException(dropping);
        };
    }

    private static void adapter(Workbench bench, RandomNumbers random, Results results, String dropping) {
        int batch = random.between(1, 6);
        int length = random.between(1, 30);
        int d = random.between(1, 70);
        int rows = batch * length;
        Gate gate = gate(bench, random, dropping, batch, length);
        Tensor x = input(bench, random, 1, rows, d);
        Tensor w = master(bench, random, 0.2, d, d);
        Tensor scale = bench.master(new double[] {0.75}, 1);
        Tensor residual = input(bench, random, 1, rows, d);
        Tensor plain = bench.activationResult(rows, d);
        Tensor y = bench.activationResult(rows, d);
        bench.kernels.adapter(x, w, scale, gate, null, plain);
        bench.kernels.adapter(x, w, scale, gate, residual, y);
        bench.kernels.adapter(x, w, scale, gate, residual, residual);
        results.put("y", y);
        results.put("y without residual", plain);
        results.put("y in place", residual);
        Tensor dy = input(bench, random, 1, rows, d);
        Tensor dx = bench.activationResult(rows, d);
        Tensor dW = bench.masterResult(d, d);
        Tensor dScale = bench.masterResult(1);
        bench.kernels.adapterBackward(x, w, scale, gate, dy, dx, dW, dScale);
        results.put("dx", dx);
        results.put("dW", dW);
        results.put("dScale", dScale);
        Tensor alone = bench.masterResult(d, d);
        bench.kernels.adapterBackward(x, w, scale, gate, dy, null, alone, null);
        results.put("dW alone", alone);
    }

    private static void lowRankAdapter(Workbench bench, RandomNumbers random, Results results, String dropping) {
        int batch = random.between(1, 6);
        int length = random.between(1, 30);
        int d = random.between(1, 70);
        int rank = random.between(1, 9);
        int rows = batch * length;
        Gate gate = gate(bench, random, dropping, batch, length);
        Tensor x = input(bench, random, 1, rows, d);
        Tensor down = master(bench, random, 0.3, d, rank);
        Tensor up = master(bench, random, 0.3, rank, d);
        Tensor scale = bench.master(new double[] {0.75}, 1);
        Tensor residual = input(bench, random, 1, rows, d);
        Tensor hidden = bench.poisoned(bench.activations(), rows, rank);
        Tensor plain = bench.activationResult(rows, d);
        Tensor y = bench.activationResult(rows, d);
        bench.kernels.lowRankAdapter(x, down, up, scale, gate, null, hidden, plain);
        bench.kernels.lowRankAdapter(x, down, up, scale, gate, residual, hidden, y);
        bench.kernels.lowRankAdapter(x, down, up, scale, gate, residual, hidden, residual);
        results.put("y", y);
        results.put("y without residual", plain);
        results.put("y in place", residual);
        results.put("hidden", hidden);
        Tensor dy = input(bench, random, 1, rows, d);
        Tensor dx = bench.activationResult(rows, d);
        Tensor dDown = bench.masterResult(d, rank);
        Tensor dUp = bench.masterResult(rank, d);
        Tensor dScale = bench.masterResult(1);
        bench.kernels.lowRankAdapterBackward(x, hidden, down, up, scale, gate, dy, dx, dDown, dUp, dScale);
        results.put("dx", dx);
        results.put("dDown", dDown);
        results.put("dUp", dUp);
        results.put("dScale", dScale);
        Tensor alone = bench.activationResult(rows, d);
        bench.kernels.lowRankAdapterBackward(x, hidden, down, up, scale, gate, dy, alone, null, null, null);
        results.put("dx alone", alone);
    }

    private static void merge(Workbench bench, RandomNumbers random, Results results) {
        int in = random.between(1, 60);
        int out = random.between(1, 40);
        int rank = random.between(1, 5);
        DType type = bench.activations();
        Tensor full = master(bench, random, 0.3, out, out);
        Tensor down = master(bench, random, 0.3, out, rank);
        Tensor up = master(bench, random, 0.3, rank, out);
        Tensor weight = bench.arena.allocate(type, in, out).copyFrom(random.normal(in * out, 1));
        Tensor transposed = bench.arena.allocate(type, out, in).copyFrom(random.normal(in * out, 1));
        Tensor bias = bench.arena.allocate(type, out).copyFrom(random.normal(out, 1));
        Tensor[] weights = {bench.poisoned(type, in, out), bench.poisoned(type, out, in), bench.poisoned(type, in, out)
        };
        Tensor[] biases = {bench.poisoned(type, out), bench.poisoned(type, out)};
        bench.kernels.merge(List.of(
                new MergeLayer(weight, false, bias, full, null, 0.5, weights[0], biases[0]),
                new MergeLayer(transposed, true, bias, down, up, 1, weights[1], biases[1]),
                new MergeLayer(weight, false, null, down, up, -0.25, weights[2], null)));
        results.put("full", weights[0]);
        results.put("transposed low rank", weights[1]);
        results.put("low rank", weights[2]);
        results.put("bias of full", biases[0]);
        results.put("bias of low rank", biases[1]);
    }

    // losses

    private static void contrastiveWithLabels(Workbench bench, RandomNumbers random, Results results) {
        int n = random.between(3, 70);
        int m = random.between(3, 70);
        int classes = 3;
        int[] rows = random.indices(n, classes);
        int[] columns = random.indices(m, classes);
        for (int label = 0; label < classes; label++) {
            rows[label] = label;
            columns[label] = label;
        }
        contrastive(bench, random, results, Positives.labels(bench.arena, rows, columns), null, 0.02);
    }

    private static void contrastiveWithLists(Workbench bench, RandomNumbers random, Results results) {
        int n = random.between(2, 30);
        int m = n * random.between(1, 3);
        int[][] columnsOfRow = new int[n][];
        for (int i = 0; i < n; i++) {
            int own = i;
            int extra = random.between(0, m - 1);
            columnsOfRow[i] = IntStream.range(0, m)
                    .filter(j -> j % n == own || j == extra)
                    .toArray();
        }
        contrastive(bench, random, results, Positives.lists(bench.arena, columnsOfRow, m), null, 0.02);
    }

    private static void contrastiveWithLearnedScale(Workbench bench, RandomNumbers random, Results results) {
        Tensor logScale = bench.master(new double[] {2.5}, 1);
        Positives positives = Positives.identity(bench.arena, random.between(2, 70));
        contrastive(bench, random, results, positives, logScale, 0);
    }

    private static void contrastive(
            Workbench bench,
            RandomNumbers random,
            Results results,
            Positives positives,
            @Nullable Tensor logScale,
            double smoothing) {
        int d = random.between(8, 70);
        double margin = logScale == null ? 0.05 : 0;
        Tensor f = bench.activation(random.unitRows(positives.rows(), d), positives.rows(), d);
        Tensor g = bench.activation(random.unitRows(positives.columns(), d), positives.columns(), d);
        Tensor losses = bench.masterResult(3);
        Tensor dF = bench.activationResult(f.shape());
        Tensor dG = bench.activationResult(g.shape());
        Tensor dLogScale = logScale == null ? null : bench.masterResult(1);
        bench.kernels.contrastive(f, g, positives, 14, logScale, margin, smoothing, losses, dF, dG, dLogScale);
        results.put("losses", losses);
        results.put("dF", dF);
        results.put("dG", dG);
        results.put("dLogScale", dLogScale);
        Tensor alone = bench.masterResult(3);
        bench.kernels.contrastive(f, g, positives, 14, logScale, margin, smoothing, alone, null, null, null);
        results.put("losses alone", alone);
        SharedContrastive shared =
                new SharedContrastive(bench, f, g, positives, 14, logScale, margin, smoothing, random.between(1, 4));
        results.put("losses shared", shared.losses);
        results.put("dF shared", shared.dF);
        results.put("dG shared", shared.dG);
        results.put("dLogScale shared", shared.dLogScale);
    }

    private static void crossEntropy(Workbench bench, RandomNumbers random, Results results) {
        int rows = random.between(1, 50);
        int classes = random.between(2, 90);
        Tensor logits = input(bench, random, 3, rows, classes);
        Tensor labels = bench.integers(random.indices(rows, classes), rows);
        for (double smoothing : new double[] {0, 0.1}) {
            Tensor loss = bench.masterResult(1);
            Tensor dLogits = bench.activationResult(rows, classes);
            bench.kernels.crossEntropy(logits, labels, smoothing, loss, dLogits);
            results.put("loss, smoothing " + smoothing, loss);
            results.put("dLogits, smoothing " + smoothing, dLogits);
        }
        Tensor loss = bench.masterResult(1);
        bench.kernels.crossEntropy(logits, labels, 0.1, loss, null);
        results.put("loss alone", loss);
        bench.kernels.crossEntropy(logits, labels, 0.1, loss, logits);
        results.put("dLogits in place", logits);
    }

    // optimiser

    private static void optimizer(Workbench bench, RandomNumbers random, Results results) {
        int[] sizes = {random.between(1, 3000), 1, random.between(1, 50)};
        Segment[] segments = new Segment[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            Tensor parameter = master(bench, random, 1, sizes[i]);
            segments[i] = new Segment(
                    parameter,
                    master(bench, random, 0.1, sizes[i]),
                    bench.master(new double[sizes[i]], sizes[i]),
                    bench.master(new double[sizes[i]], sizes[i]),
                    i == 1 ? null : bench.master(parameter.toDoubles(), sizes[i]),
                    i == 2 ? 0 : 0.1);
        }
        Tensor settings = bench.arena.allocate(DType.F64, 6).copyFrom(5e-3, 0.9, 0.999, 1e-8, 1, 0.9);
        Tensor state = bench.arena.allocate(DType.F64, 5).copyFrom(new double[5]);
        try (Segments prepared = bench.kernels.segments(List.of(segments))) {
            for (int step = 0; step < 3; step++) {
                for (Segment segment : segments) {
                    segment.gradient().copyFrom(random.normal(segment.gradient().size(), 0.1));
                }
                bench.kernels.adamWEma(prepared, settings, state);
                results.put("state after step " + step, state);
            }
            bench.kernels.emaUpdate(prepared, 0.5);
            segments[1].gradient().copyFrom(Double.NaN);
            bench.kernels.adamWEma(prepared, settings, state);
        }
        results.put("steps", state.reshape(5, 1).rows(0, 3));
        for (int i = 0; i < segments.length; i++) {
            results.put("parameter " + i, segments[i].parameter());
            results.put("expAvg " + i, segments[i].expAvg());
            results.put("expAvgSq " + i, segments[i].expAvgSq());
            results.put("average " + i, segments[i].average());
        }
    }
}
