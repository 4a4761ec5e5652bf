package org.radapter.clip;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Every weight of a CLIP by its canonical name, which is OpenCLIP's, with its extents. A {@code weight} of a layer is
 * PyTorch's [out, in]; {@code visual.proj} and {@code text_projection} are [in, out].
 */
public final class ClipShapes {
    /** Name of the learned logarithm of 1/τ, a scalar. */
    public static final String LOGIT_SCALE = "logit_scale";

    private ClipShapes() {}

    /** Names and extents, in the order of the graph. Each array is the caller's own. */
    public static Map<String, long[]> of(ClipConfig config) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        image(shapes, config);
        text(shapes, config);
        shapes.put(LOGIT_SCALE, new long[0]);
        return Collections.unmodifiableMap(shapes);
    }

    private static void image(Map<String, long[]> shapes, ClipConfig config) {
        ClipConfig.ImageTower tower = config.image();
        long d = tower.width();
        shapes.put("visual.conv1.weight", new long[] {d, 3, tower.patchSize(), tower.patchSize()});
        shapes.put("visual.class_embedding", new long[] {d});
        shapes.put("visual.positional_embedding", new long[] {tower.tokens(), d});
        norm(shapes, "visual.ln_pre", d);
        for (int i = 0; i < tower.layers(); i++) {
            block(shapes, "visual.transformer.resblocks." + i, d, tower.mlpWidth());
        }
        norm(shapes, "visual.ln_post", d);
        shapes.put("visual.proj", new long[] {d, config.embedDim()});
    }

    private static void text(Map<String, long[]> shapes, ClipConfig config) {
        ClipConfig.TextTower tower = config.text();
        long d = tower.width();
        shapes.put("token_embedding.weight", new long[] {tower.vocabularySize(), d});
        shapes.put("positional_embedding", new long[] {tower.contextLength(), d});
        for (int i = 0; i < tower.layers(); i++) {
            block(shapes, "transformer.resblocks." + i, d, tower.mlpWidth());
        }
        norm(shapes, "ln_final", d);
        shapes.put("text_projection", new long[] {d, config.embedDim()});
    }

    private static void block(Map<String, long[]> shapes, String prefix, long d, long mlpWidth) {
        norm(shapes, prefix + ".ln_1", d);
        shapes.put(prefix + ".attn.in_proj_weight", new long[] {3 * d, d});
        shapes.put(prefix + ".attn.in_proj_bias", new long[] {3 * d});
        shapes.put(prefix + ".attn.out_proj.weight", new long[] {d, d});
        shapes.put(prefix + ".attn.out_proj.bias", new long[] {d});
        norm(shapes, prefix + ".ln_2", d);
        shapes.put(prefix + ".mlp.c_fc.weight", new long[] {mlpWidth, d});
        shapes.put(prefix + ".mlp.c_fc.bias", new long[] {mlpWidth});
        shapes.put(prefix + ".mlp.c_proj.weight", new long[] {d, mlpWidth});
        shapes.put(prefix + ".mlp.c_proj.bias", new long[] {d});
    }

    private static void norm(Map<String, long[]> shapes, String prefix, long d) {
        shapes.put(prefix + ".weight", new long[] {d});
        shapes.put(prefix + ".bias", new long[] {d});
    }
}
