package org.radapter.kernels;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Computes the results of a golden file from its inputs, with the operators of a backend. */
final class GoldenOperators {
    /** The files this class knows begin so. */
    static final String[] FILES = {"mpm_nce_", "info_nce", "adapter_", "merge_", "adamw_ema"};

    private final GoldenFile file;
    private final Workbench bench;
    /** How many share a contrastive loss; 0: it is computed whole. */
    private final int callers;

    private final Map<String, double[]> results = new LinkedHashMap<>();

    private GoldenOperators(GoldenFile file, Workbench bench, int callers) {
        this.file = file;
        this.callers = callers;
        this.bench = bench;
    }

    /** Every result tensor of {@code file}, by name. */
    static Map<String, double[]> compute(GoldenFile file, TestBackend backend) {
        return compute(file, backend, 0);
    }

    /** The same of a contrastive loss that several callers share. */
    static Map<String, double[]> compute(GoldenFile file, TestBackend backend, int callers) {
        try (Workbench bench = new Workbench(backend)) {
            GoldenOperators operators = new GoldenOperators(file, bench, callers);
            operators.run();
            return operators.results;
        }
    }

    private void run() {
        String name = file.name();
        if (name.startsWith("mpm_nce")) {
            contrastive(positives(), 1 / file.number("tau"), null, file.number("delta"), file.number("eps"));
        } else if (name.startsWith("info_nce")) {
            Tensor logScale = bench.master(new double[] {file.number("log_scale")}, 1);
            int n = Math.toIntExact(file.shape("x")[0]);
            contrastive(Positives.identity(bench.arena, n), Double.NaN, logScale, 0, 0);
        } else if (name.startsWith("adapter")) {
            adapter();
        } else if (name.startsWith("merge")) {
            merge(1, "rep");
            merge(file.number("alpha"), "ens");
        } else {
            optimizer();
        }
    }

    private void put(String tensor, Tensor result) {
        if (file.has(tensor)) {
            results.put(tensor, result.toDoubles());
        }
    }

    private Tensor activation(String tensor) {
        return bench.activation(file.values(tensor), file.shape(tensor));
    }

    private Tensor master(String tensor) {
        return bench.master(file.values(tensor), file.shape(tensor));
    }

    // losses

    private Positives positives() {
        if (file.has("labels")) {
            int[] labels = file.integers("labels");
            return Positives.labels(bench.arena, labels, labels);
        }
        int columns = Math.toIntExact(file.shape("positives")[1]);
        int[] matrix = file.integers("positives");
        int[][] lists = new int[matrix.length / columns][];
        for (int i = 0; i < lists.length; i++) {
            int row = i * columns;
            lists[i] = IntStream.range(0, columns)
                    .filter(j -> matrix[row + j] == 1)
                    .toArray();
        }
        return Positives.lists(bench.arena, lists, columns);
    }

    private void contrastive(
            Positives positives, double scale, @Nullable Tensor logScale, double margin, double smoothing) {
        Tensor x = activation("x");
        Tensor t = activation("t");
        Tensor f = bench.activationResult(x.shape());
        Tensor g = bench.activationResult(t.shape());
        Tensor xNorm = bench.masterResult(x.rows());
        Tensor tNorm = bench.masterResult(t.rows());
        bench.kernels.normalize(x, f, xNorm);
        bench.kernels.normalize(t, g, tNorm);
        Tensor losses = bench.masterResult(3);
        Tensor dF = bench.activationResult(f.shape());
        Tensor dG = bench.activationResult(g.shape());
        Tensor dLogScale = logScale == null ? null : bench.masterResult(1);
        if (callers == 0) {
            bench.kernels.contrastive(f, g, positives, scale, logScale, margin, smoothing, losses, dF, dG, dLogScale);
        } else {
            SharedContrastive shared =
                    new SharedContrastive(bench, f, g, positives, scale, logScale, margin, smoothing, callers);
            losses = shared.losses;
            dF = shared.dF;
            dG = shared.dG;
            dLogScale = shared.dLogScale;
        }
        results.put("loss", new double[] {losses.get(0)});
        if (file.has("loss_image_to_text")) {
            results.put("loss_image_to_text", new double[] {losses.get(1)});
            results.put("loss_text_to_image", new double[] {losses.get(2)});
        }
        put("d_f", dF);
        put("d_g", dG);
        if (dLogScale != null) {
            put("d_log_scale", dLogScale);
        }
        Tensor dX = bench.activationResult(x.shape());
        Tensor dT = bench.activationResult(t.shape());
        bench.kernels.normalizeBackward(dF, f, xNorm, dX);
        bench.kernels.normalizeBackward(dG, g, tNorm, dT);
        put("d_x", dX);
        put("d_t", dT);
    }

    // adapters

    private void adapter() {
        Tensor x = activation("x");
        Tensor dy = activation("d_y");
        Tensor y = bench.activationResult(x.shape());
        Tensor dx = bench.activationResult(x.shape());
        Tensor dScale = bench.masterResult(1);
        Gate gate = gate();
        if (file.has("w")) {
            Tensor w = master("w");
            Tensor dW = bench.masterResult(w.shape());
            Tensor scale = bench.master(new double[] {file.number("scale", 1)}, 1);
            bench.kernels.adapter(x, w, scale, gate, null, y);
            bench.kernels.adapterBackward(x, w, scale, gate, dy, dx, dW, dScale);
            put("d_w", dW);
        } else {
            Tensor down = master("down");
            Tensor up = master("up");
            Tensor dDown = bench.masterResult(down.shape());
            Tensor dUp = bench.masterResult(up.shape());
            Tensor hidden = bench.activationResult(x.rows(), down.columns());
            Tensor scale = bench.master(new double[] {file.number("scale", 1)}, 1);
            bench.kernels.lowRankAdapter(x, down, up, scale, gate, null, hidden, y);
            bench.kernels.lowRankAdapterBackward(x, hidden, down, up, scale, gate, dy, dx, dDown, dUp, dScale);
            put("d_down", dDown);
            put("d_up", dUp);
        }
        put("y", y);
        put("d_x", dx);
        put("d_scale", dScale);
    }

    private Gate gate() {
        double keep = 1 - file.number("p");
        if (!file.has("gamma")) {
            return Gate.module(bench.master(new double[] {file.number("gamma") / keep}, 1));
        }
        double[] gates = Arrays.stream(file.values("gamma")).map(v -> v / keep).toArray();
        return Gate.sample(bench.master(gates, gates.length), (long) file.number("tokens"));
    }

    private void merge(double coefficient, String suffix) {
        Tensor weight = activation("w_org");
        Tensor bias = activation("b_org");
        Tensor mergedWeight = bench.activationResult(weight.shape());
        Tensor mergedBias = bench.activationResult(bias.shape());
        MergeLayer layer =
                new MergeLayer(weight, false, bias, master("w_adp"), null, coefficient, mergedWeight, mergedBias);
        bench.kernels.merge(List.of(layer));
        put("w_" + suffix, mergedWeight);
        put("b_" + suffix, mergedBias);
    }

    // optimiser

    private void optimizer() {
        Tensor parameter = master("p0");
        Tensor average = master("p0");
        long size = parameter.size();
        Tensor gradient = bench.masterResult(size);
        Tensor expAvg = bench.master(new double[(int) size], size);
        Tensor expAvgSq = bench.master(new double[(int) size], size);
        Tensor settings = bench.arena
                .allocate(DType.F64, 6)
                .copyFrom(
                        file.number("lr"),
                        file.number("beta1"),
                        file.number("beta2"),
                        file.number("eps"),
                        file.number("clip_norm"),
                        file.number("ema_decay"));
        Tensor state = bench.arena.allocate(DType.F64, 5).copyFrom(new double[5]);
        Segment segment = new Segment(parameter, gradient, expAvg, expAvgSq, average, file.number("weight_decay"));
        try (Segments segments = bench.kernels.segments(List.of(segment))) {
            for (int k = 0; file.has("g" + k); k++) {
                gradient.copyFrom(file.values("g" + k));
                bench.kernels.adamWEma(segments, settings, state);
                results.put("norm" + k, new double[] {state.get(3)});
                put("p" + (k + 1), parameter);
                put("ema" + (k + 1), average);
            }
        }
        put("exp_avg", expAvg);
        put("exp_avg_sq", expAvgSq);
    }
}
