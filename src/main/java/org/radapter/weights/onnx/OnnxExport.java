package org.radapter.weights.onnx;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipShapes;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;
import org.radapter.weights.onnx.OnnxGraph.Attribute;

/**
 * Writes the towers of a CLIP as ONNX graphs (operator set 17, fp32), which give unit vectors as {@code
 * ClipModel.embedImages} and {@code embedTexts} do.
 */
public final class OnnxExport {
    private final ClipConfig config;
    private final TensorSource weights;
    private final Map<String, long[]> shapes;

    /**
     * An export of one model.
     *
     * @param weights every name of {@link ClipShapes#of}, with its extents; adapters must have been merged
     */
    public OnnxExport(ClipConfig config, TensorSource weights) {
        this.config = config;
        this.weights = weights;
        this.shapes = ClipShapes.of(config);
    }

    /**
     * The image tower: {@code pixel_values} [batch, 3, imageSize, imageSize], normalised, to {@code image_embeds}
     * [batch, embedDim].
     *
     * @throws IOException if a weight cannot be read, the file cannot be written or would have more than 2 GiB
     */
    public void writeImageTower(Path file) throws IOException {
        ClipConfig.ImageTower tower = config.image();
        long size = tower.imageSize();
        long width = tower.width();
        OnnxGraph graph = new OnnxGraph("CLIP image tower");
        graph.note("image_mean", join(config.normalization().mean()));
        graph.note("image_std", join(config.normalization().std()));
        String pixels = graph.input("pixel_values", OnnxGraph.FLOAT, 3, size, size);
        String patches = graph.node(
                "Conv",
                List.of(pixels, weight(graph, "visual.conv1.weight")),
                Attribute.integers("kernel_shape", tower.patchSize(), tower.patchSize()),
                Attribute.integers("strides", tower.patchSize(), tower.patchSize()));
        String rows = graph.node("Reshape", List.of(patches, graph.integers("patch_columns", 0, width, -1)));
        String embedded = graph.node("Transpose", List.of(rows), Attribute.integers("perm", 0, 2, 1));
        String batch = graph.node("Shape", List.of(pixels), Attribute.integer("start", 0), Attribute.integer("end", 1));
        String first = graph.node(
                "Concat", List.of(batch, graph.integers("class_extents", 1, width)), Attribute.integer("axis", 0));
        String classToken = graph.node("Expand", List.of(weight(graph, "visual.class_embedding"), first));
        String tokens = graph.node("Concat", List.of(classToken, embedded), Attribute.integer("axis", 1));
        String x = graph.node("Add", List.of(tokens, weight(graph, "visual.positional_embedding")));
        x = norm(graph, x, "visual.ln_pre");
        for (int layer = 0; layer < tower.layers(); layer++) {
            x = block(graph, x, "visual.transformer.resblocks." + layer, width, tower.heads(), false);
        }
        String pooled =
                graph.node("Gather", List.of(x, graph.integers("class_position", 0)), Attribute.integer("axis", 1));
        String row = graph.node("Squeeze", List.of(pooled, graph.integers("token_axis", 1)));
        finish(graph, row, "visual.ln_post", "visual.proj", "image_embeds");
        graph.write(file);
    }

    /**
     * The text tower: {@code input_ids} [batch, contextLength], 64-bit integers, to {@code text_embeds} [batch, embedDim].
     *
     * @throws IOException if a weight cannot be read, the file cannot be written or would have more than 2 GiB
     */
    public void writeTextTower(Path file) throws IOException {
        ClipConfig.TextTower tower = config.text();
        OnnxGraph graph = new OnnxGraph("CLIP text tower");
        String ids = graph.input("input_ids", OnnxGraph.INT64, tower.contextLength());
        String embedded = graph.node("Gather", List.of(weight(graph, "token_embedding.weight"), ids));
        String x = graph.node("Add", List.of(embedded, weight(graph, "positional_embedding")));
        for (int layer = 0; layer < tower.layers(); layer++) {
            x = block(graph, x, "transformer.resblocks." + layer, tower.width(), tower.heads(), true);
        }
        String end = graph.node(
                "ArgMax", List.of(marks(graph, ids)), Attribute.integer("axis", 1), Attribute.integer("keepdims", 1));
        String row = graph.node("GatherND", List.of(x, end), Attribute.integer("batch_dims", 1));
        finish(graph, row, "ln_final", "text_projection", "text_embeds");
        graph.write(file);
    }

    /** Numbers that are highest, for the first time, at the end of a text. */
    private String marks(OnnxGraph graph, String ids) {
        ClipConfig.EotPooling pooling = config.text().pooling();
        if (pooling.rule() == ClipConfig.EotPooling.Rule.ARGMAX) {
            return ids;
        }
        String equal = graph.node("Equal", List.of(ids, graph.integers("eot_token_id", pooling.eotTokenId())));
        return graph.node("Cast", List.of(equal), Attribute.integer("to", OnnxGraph.INT64));
    }

    private String block(OnnxGraph graph, String x, String prefix, long width, long heads, boolean causal) {
        String attended = attention(graph, norm(graph, x, prefix + ".ln_1"), prefix + ".attn", width, heads, causal);
        String middle = graph.node("Add", List.of(x, attended));
        String hidden = linear(
                graph, norm(graph, middle, prefix + ".ln_2"), prefix + ".mlp.c_fc.weight", prefix + ".mlp.c_fc.bias");
        String out =
                linear(graph, activation(graph, hidden), prefix + ".mlp.c_proj.weight", prefix + ".mlp.c_proj.bias");
        return graph.node("Add", List.of(middle, out));
    }

    private String attention(OnnxGraph graph, String x, String prefix, long width, long heads, boolean causal) {
        String qkv = linear(graph, x, prefix + ".in_proj_weight", prefix + ".in_proj_bias");
        List<String> parts = graph.node(
                "Split",
                List.of(qkv, graph.integers("thirds_of_" + width, width, width, width)),
                3,
                Attribute.integer("axis", -1));
        String extents = graph.integers("heads_of_" + width, 0, 0, heads, width / heads);
        String q = heads(graph, parts.get(0), extents, 0, 2, 1, 3);
        String k = heads(graph, parts.get(1), extents, 0, 2, 3, 1);
        String v = heads(graph, parts.get(2), extents, 0, 2, 1, 3);
        String scale =
                graph.floats("scale_of_" + width / heads, new float[] {(float) (1 / Math.sqrt((double) width / heads))
                });
        String scores = graph.node("MatMul", List.of(graph.node("Mul", List.of(q, scale)), k));
        if (causal) {
            scores = graph.node("Add", List.of(scores, causalMask(graph)));
        }
        String shares = graph.node("Softmax", List.of(scores), Attribute.integer("axis", -1));
        String mixed = graph.node(
                "Transpose", List.of(graph.node("MatMul", List.of(shares, v))), Attribute.integers("perm", 0, 2, 1, 3));
        String joined = graph.node("Reshape", List.of(mixed, graph.integers("width_of_" + width, 0, 0, width)));
        return linear(graph, joined, prefix + ".out_proj.weight", prefix + ".out_proj.bias");
    }

    private static String heads(OnnxGraph graph, String x, String extents, long... permutation) {
        return graph.node(
                "Transpose",
                List.of(graph.node("Reshape", List.of(x, extents))),
                Attribute.integers("perm", permutation));
    }

    private String causalMask(OnnxGraph graph) {
        int length = config.text().contextLength();
        float[] mask = new float[length * length];
        for (int i = 0; i < length; i++) {
            Arrays.fill(mask, i * length + i + 1, (i + 1) * length, Float.NEGATIVE_INFINITY);
        }
        return graph.floats("causal_mask", mask, length, length);
    }

    /** {@code v · sigmoid(1.702 v)}, or {@code v Φ(v)}. */
    private String activation(OnnxGraph graph, String v) {
        if (config.quickGelu()) {
            String steep = graph.node("Mul", List.of(v, graph.floats("quick_gelu_slope", new float[] {1.702f})));
            return graph.node("Mul", List.of(v, graph.node("Sigmoid", List.of(steep))));
        }
        String root = graph.floats("sqrt_2", new float[] {(float) Math.sqrt(2)});
        String erf = graph.node("Erf", List.of(graph.node("Div", List.of(v, root))));
        String share = graph.node("Add", List.of(erf, graph.floats("one", new float[] {1})));
        String product = graph.node("Mul", List.of(v, share));
        return graph.node("Mul", List.of(product, graph.floats("half", new float[] {.5f})));
    }

    private String norm(OnnxGraph graph, String x, String prefix) {
        return graph.node(
                "LayerNormalization",
                List.of(x, weight(graph, prefix + ".weight"), weight(graph, prefix + ".bias")),
                Attribute.integer("axis", -1),
                Attribute.real("epsilon", config.layerNormEpsilon()));
    }

    private void finish(OnnxGraph graph, String row, String norm, String projection, String output) {
        String projected = graph.node("MatMul", List.of(norm(graph, row, norm), weight(graph, projection)));
        String length = graph.node(
                "ReduceL2", List.of(projected), Attribute.integers("axes", -1), Attribute.integer("keepdims", 1));
        String divisor = graph.node("Max", List.of(length, graph.floats("least_norm", new float[] {1e-12f})));
        String unit = graph.node("Div", List.of(projected, divisor));
        graph.output(output, unit, OnnxGraph.FLOAT, config.embedDim());
    }

    /** {@code x Wᵀ + b}; W is stored transposed, as MatMul takes it. */
    private String linear(OnnxGraph graph, String x, String weight, String bias) {
        long[] shape = shape(weight);
        String transposed = graph.weight(
                weight + ".transposed",
                () -> transpose(read(weight), (int) shape[0], (int) shape[1]),
                shape[1],
                shape[0]);
        return graph.node("Add", List.of(graph.node("MatMul", List.of(x, transposed)), weight(graph, bias)));
    }

    private String weight(OnnxGraph graph, String name) {
        return graph.weight(name, () -> read(name), shape(name));
    }

    private long[] shape(String name) {
        long[] shape = shapes.get(name);
        if (shape == null) {
            throw new IllegalArgumentException("a CLIP has no weight " + name);
        }
        return shape;
    }

    private float[] read(String name) throws IOException {
        Tensor values = Tensor.onHost(DType.F32, shape(name));
        weights.load(name, values);
        return values.toFloats();
    }

    private static float[] transpose(float[] values, int rows, int columns) {
        float[] transposed = new float[values.length];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                transposed[j * rows + i] = values[i * columns + j];
            }
        }
        return transposed;
    }

    private static String join(List<Double> values) {
        return values.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
