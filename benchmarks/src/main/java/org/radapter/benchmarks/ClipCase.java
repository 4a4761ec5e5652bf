package org.radapter.benchmarks;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.radapter.adapter.AdapterSite;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipShapes;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/**
 * A model with random weights, and a batch for it: the same for both sides.
 *
 * @param config geometry
 * @param batch pairs, two of a class on average
 */
record ClipCase(ClipConfig config, int batch) implements TensorSource {
    /** Tokens of a prompt, begin and end included. */
    static final int PROMPT = 10;

    /** ViT-B/16 as OpenAI trained it. */
    static ClipCase vitB16(int batch) {
        return vitB16(batch, 12);
    }

    /** The same with towers of so many layers. */
    static ClipCase vitB16(int batch, int layers) {
        return new ClipCase(
                config(
                        512,
                        new ClipConfig.ImageTower(768, layers, 12, 3072, 16, 224),
                        new ClipConfig.TextTower(512, layers, 8, 2048, 77, 49408, ClipConfig.EotPooling.argmax()),
                        true),
                batch);
    }

    /** The model of the demo. */
    static ClipCase demo(int batch) {
        return new ClipCase(
                config(
                        128,
                        new ClipConfig.ImageTower(128, 4, 4, 512, 8, 40),
                        new ClipConfig.TextTower(128, 2, 4, 512, 24, 2048, ClipConfig.EotPooling.argmax()),
                        false),
                batch);
    }

    /** All parts of a CLIP in a moment. */
    static ClipCase small(boolean quickGelu) {
        return new ClipCase(
                config(
                        24,
                        new ClipConfig.ImageTower(48, 2, 3, 192, 8, 32),
                        new ClipConfig.TextTower(32, 2, 2, 128, 16, 300, ClipConfig.EotPooling.argmax()),
                        quickGelu),
                12);
    }

    private static ClipConfig config(
            int embedDim, ClipConfig.ImageTower image, ClipConfig.TextTower text, boolean quickGelu) {
        return new ClipConfig(
                embedDim,
                image,
                text,
                quickGelu,
                ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
                ClipConfig.ImageNormalization.OPENAI);
    }

    /** [batch, 3, size, size]. */
    float[] images() {
        int size = config.image().imageSize();
        return Numbers.normal(11, 1, batch, 3, size, size);
    }

    /** [batch, context] token ids; the end of a text has the highest. */
    int[] ids() {
        int context = config.text().contextLength();
        int end = config.text().vocabularySize() - 1;
        SplittableRandom random = new SplittableRandom(12);
        int[] ids = new int[batch * context];
        for (int i = 0; i < batch; i++) {
            ids[i * context] = end - 1;
            for (int t = 1; t < PROMPT - 1; t++) {
                ids[i * context + t] = random.nextInt(1, end - 1);
            }
            ids[i * context + PROMPT - 1] = end;
        }
        return ids;
    }

    int[] labels() {
        return Numbers.labels(13, batch, Math.max(batch / 2, 2));
    }

    /** An adapter's weight at the start; not zero, so that it counts from the first step on. */
    float[] adapter(AdapterSite site) {
        return Numbers.normal(site.name().hashCode(), .2 / Math.sqrt(site.width()), site.width(), site.width());
    }

    /** A weight of the model by its canonical name. */
    float[] weight(String name) {
        long[] shape = shape(name);
        if (name.equals(ClipShapes.LOGIT_SCALE)) {
            return new float[] {(float) Math.log(1 / MpmNce.TAU)};
        }
        if (name.contains("ln_") && name.endsWith("weight")) {
            float[] ones = new float[Numbers.size(shape)];
            Arrays.fill(ones, 1);
            return ones;
        }
        double inputs = shape.length < 2 ? 100 : Numbers.size(shape) / (double) shape[0];
        return Numbers.normal(name.hashCode(), 1 / Math.sqrt(inputs), shape);
    }

    @Override
    public Set<String> names() {
        return new TreeSet<>(ClipShapes.of(config).keySet());
    }

    @Override
    public DType dtype(String name) {
        return DType.F32;
    }

    @Override
    public long[] shape(String name) {
        return ClipShapes.of(config).get(name);
    }

    @Override
    public void read(String name, Tensor into) {
        into.copyFrom(weight(name));
    }

    @Override
    public Map<String, String> metadata() {
        return Map.of();
    }

    @Override
    public void close() {}
}
