package org.radapter.weights;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Canonical names and those of Hugging Face's {@code CLIPModel}. */
final class HuggingFaceNames {
    private static final Map<String, String> TOP = Map.ofEntries(
            Map.entry("visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight"),
            Map.entry("visual.class_embedding", "vision_model.embeddings.class_embedding"),
            Map.entry("visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"),
            Map.entry("visual.ln_pre.weight", "vision_model.pre_layrnorm.weight"),
            Map.entry("visual.ln_pre.bias", "vision_model.pre_layrnorm.bias"),
            Map.entry("visual.ln_post.weight", "vision_model.post_layernorm.weight"),
            Map.entry("visual.ln_post.bias", "vision_model.post_layernorm.bias"),
            Map.entry("visual.proj", "visual_projection.weight"),
            Map.entry("token_embedding.weight", "text_model.embeddings.token_embedding.weight"),
            Map.entry("positional_embedding", "text_model.embeddings.position_embedding.weight"),
            Map.entry("ln_final.weight", "text_model.final_layer_norm.weight"),
            Map.entry("ln_final.bias", "text_model.final_layer_norm.bias"),
            Map.entry("text_projection", "text_projection.weight"),
            Map.entry("logit_scale", "logit_scale"));

    private static final Map<String, String> IN_BLOCK = Map.of(
            "ln_1", "layer_norm1",
            "ln_2", "layer_norm2",
            "attn.out_proj", "self_attn.out_proj",
            "mlp.c_fc", "mlp.fc1",
            "mlp.c_proj", "mlp.fc2");

    private static final Pattern BLOCK = Pattern.compile("(visual\\.)?transformer\\.resblocks\\.(\\d+)\\.(.+)");
    private static final Pattern WEIGHT_OR_BIAS = Pattern.compile("(.+)\\.(weight|bias)");
    private static final Pattern IN_PROJECTION = Pattern.compile("attn\\.in_proj_(weight|bias)");

    private HuggingFaceNames() {}

    /**
     * How a canonical tensor is stored.
     *
     * @param names one name, or those of query, key and value, which follow one another along the first extent
     * @param transposed whether the stored matrix is the transpose
     */
    record Stored(List<String> names, boolean transposed) {}

    /** How the tensor of this canonical name is stored; null if there is no such tensor. */
    static @Nullable Stored of(String canonical) {
        String top = TOP.get(canonical);
        if (top != null) {
            return new Stored(List.of(top), canonical.equals("visual.proj") || canonical.equals("text_projection"));
        }
        Matcher block = BLOCK.matcher(canonical);
        return block.matches()
                ? inBlock(
                        (block.group(1) == null ? "text" : "vision") + "_model.encoder.layers." + block.group(2) + ".",
                        block.group(3))
                : null;
    }

    private static @Nullable Stored inBlock(String prefix, String rest) {
        Matcher projection = IN_PROJECTION.matcher(rest);
        if (projection.matches()) {
            String kind = "_proj." + projection.group(1);
            String attention = prefix + "self_attn.";
            return new Stored(List.of(attention + "q" + kind, attention + "k" + kind, attention + "v" + kind), false);
        }
        Matcher parts = WEIGHT_OR_BIAS.matcher(rest);
        String module = parts.matches() ? IN_BLOCK.get(parts.group(1)) : null;
        return module == null ? null : new Stored(List.of(prefix + module + "." + parts.group(2)), false);
    }
}
