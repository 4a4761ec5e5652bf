package org.radapter.weights;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipConfig;

/** OpenCLIP's configuration: {@code open_clip_config.json} of a hub directory, or one of its model files. */
final class OpenClipConfig {
    private static final Set<String> VISION = Set.of(
            "layers",
            "width",
            "head_width",
            "mlp_ratio",
            "patch_size",
            "image_size",
            "patch_dropout",
            "output_tokens",
            "pool_type",
            "pos_embed_type",
            "norm_kwargs",
            "attn_pooler_queries",
            "attn_pooler_heads",
            "attentional_pool_queries",
            "timm_pool",
            "timm_proj",
            "timm_drop",
            "timm_model_pretrained");
    private static final Set<String> TEXT = Set.of(
            "context_length",
            "vocab_size",
            "width",
            "heads",
            "layers",
            "mlp_ratio",
            "pool_type",
            "eos_id",
            "pad_id",
            "bos_id",
            "proj_type",
            "norm_kwargs",
            "hf_tokenizer_name",
            "tokenizer_kwargs",
            "tokenizer_mode",
            "output_tokens",
            "hf_model_pretrained",
            "hf_proj_type",
            "hf_pooler_type");

    private OpenClipConfig() {}

    /** Whether a JSON object looks like one. */
    static boolean matches(Map<String, @Nullable Object> json) {
        return json.containsKey("model_cfg") || json.containsKey("vision_cfg");
    }

    /** @throws WeightsFormatException if it describes another architecture, or is wrong */
    static ClipConfig parse(Map<String, @Nullable Object> json, String where) throws WeightsFormatException {
        ConfigObject root = new ConfigObject(where, "", json);
        ConfigObject inner = root.object("model_cfg");
        ConfigObject model = inner == null ? root : inner;
        refuseOthers(model);
        ConfigObject vision = part(model, "vision_cfg");
        ConfigObject text = part(model, "text_cfg");
        refuseOtherTowers(vision, text);
        try {
            return new ClipConfig(
                    model.integer("embed_dim"),
                    image(vision),
                    text(text),
                    model.flag("quick_gelu", false),
                    epsilon(vision, text),
                    normalization(root.object("preprocess_cfg")));
        } catch (IllegalArgumentException e) {
            throw new WeightsFormatException(where + ": " + e.getMessage(), e);
        }
    }

    private static ConfigObject part(ConfigObject model, String key) throws WeightsFormatException {
        ConfigObject part = model.object(key);
        if (part == null) {
            throw new WeightsFormatException(model.where() + " lacks " + model.path() + key);
        }
        return part;
    }

    private static void refuseOthers(ConfigObject model) throws WeightsFormatException {
        if (model.has("multimodal_cfg")) {
            throw OtherArchitectures.refused(model.where(), OtherArchitectures.COCA);
        }
        if (model.has("init_logit_bias")) {
            throw OtherArchitectures.refused(model.where(), OtherArchitectures.SIGLIP);
        }
        if (model.flag("custom_text", false)) {
            throw OtherArchitectures.refused(model.where(), OtherArchitectures.CUSTOM_TEXT);
        }
    }

    private static void refuseOtherTowers(ConfigObject vision, ConfigObject text) throws WeightsFormatException {
        if (vision.values().get("layers") instanceof List<?>) {
            throw OtherArchitectures.refused(vision.where(), OtherArchitectures.RESNET);
        }
        if (vision.has("timm_model_name")) {
            throw OtherArchitectures.refused(
                    vision.where(),
                    "a CLIP with timm's vision tower " + vision.values().get("timm_model_name"));
        }
        if (text.has("hf_model_name")) {
            throw OtherArchitectures.refused(text.where(), OtherArchitectures.CUSTOM_TEXT);
        }
        vision.refuseUnknown(VISION);
        text.refuseUnknown(TEXT);
        vision.requireText("pool_type", "tok");
        vision.requireText("pos_embed_type", "learnable");
        text.requireText("proj_type", "linear");
    }

    private static ClipConfig.ImageTower image(ConfigObject vision) throws WeightsFormatException {
        int width = vision.integer("width", 768);
        int headWidth = vision.integer("head_width", 64);
        if (headWidth <= 0 || width % headWidth != 0) {
            throw new WeightsFormatException(vision.where() + ": " + vision.path() + "width " + width
                    + " is not a multiple of head_width " + headWidth);
        }
        return new ClipConfig.ImageTower(
                width,
                vision.integer("layers", 12),
                width / headWidth,
                mlpWidth(vision, width),
                vision.side("patch_size", 16),
                vision.side("image_size", 224));
    }

    private static ClipConfig.TextTower text(ConfigObject text) throws WeightsFormatException {
        int width = text.integer("width", 512);
        return new ClipConfig.TextTower(
                width,
                text.integer("layers", 12),
                text.integer("heads", 8),
                mlpWidth(text, width),
                text.integer("context_length", 77),
                text.integer("vocab_size", 49408),
                pooling(text));
    }

    private static ClipConfig.EotPooling pooling(ConfigObject text) throws WeightsFormatException {
        String type = text.text("pool_type", "argmax");
        return switch (type) {
            case "argmax" -> ClipConfig.EotPooling.argmax();
            case "eos" -> ClipConfig.EotPooling.first(text.integer("eos_id"));
            default ->
                throw new WeightsFormatException(text.where() + " sets " + text.path() + "pool_type to '" + type
                        + "'; only 'argmax' and 'eos' are supported");
        };
    }

    private static int mlpWidth(ConfigObject tower, int width) throws WeightsFormatException {
        return (int) (width * tower.number("mlp_ratio", 4));
    }

    private static double epsilon(ConfigObject vision, ConfigObject text) throws WeightsFormatException {
        double image = epsilon(vision);
        if (image != epsilon(text)) {
            throw new WeightsFormatException(vision.where()
                    + " sets different epsilons of LayerNorm for image and text, which is not supported");
        }
        return image;
    }

    private static double epsilon(ConfigObject tower) throws WeightsFormatException {
        ConfigObject norm = tower.object("norm_kwargs");
        if (norm == null) {
            return ClipConfig.DEFAULT_LAYER_NORM_EPSILON;
        }
        norm.refuseUnknown(Set.of("eps"));
        return norm.number("eps", ClipConfig.DEFAULT_LAYER_NORM_EPSILON);
    }

    private static ClipConfig.ImageNormalization normalization(@Nullable ConfigObject preprocess)
            throws WeightsFormatException {
        ClipConfig.ImageNormalization usual = ClipConfig.ImageNormalization.OPENAI;
        if (preprocess == null) {
            return usual;
        }
        preprocess.requireText("interpolation", "bicubic");
        preprocess.requireText("resize_mode", "shortest");
        return new ClipConfig.ImageNormalization(
                preprocess.numbers("mean", usual.mean()), preprocess.numbers("std", usual.std()));
    }

    /**
     * The configuration as OpenCLIP writes it. Pooling at the end-of-text token is written as OpenCLIP's usual rule
     * wherever the two agree.
     */
    static Map<String, @Nullable Object> format(ClipConfig config) {
        Map<String, @Nullable Object> model = new LinkedHashMap<>();
        model.put("embed_dim", config.embedDim());
        model.put("quick_gelu", config.quickGelu());
        model.put("vision_cfg", vision(config));
        model.put("text_cfg", text(config));
        Map<String, @Nullable Object> preprocess = new LinkedHashMap<>();
        preprocess.put("mean", config.normalization().mean());
        preprocess.put("std", config.normalization().std());
        preprocess.put("interpolation", "bicubic");
        preprocess.put("resize_mode", "shortest");
        Map<String, @Nullable Object> root = new LinkedHashMap<>();
        root.put("model_cfg", model);
        root.put("preprocess_cfg", preprocess);
        return root;
    }

    private static Map<String, @Nullable Object> vision(ClipConfig config) {
        ClipConfig.ImageTower image = config.image();
        Map<String, @Nullable Object> vision = new LinkedHashMap<>();
        vision.put("image_size", image.imageSize());
        vision.put("layers", image.layers());
        vision.put("width", image.width());
        vision.put("head_width", image.headWidth());
        vision.put("patch_size", image.patchSize());
        putCommon(vision, image.width(), image.mlpWidth(), config.layerNormEpsilon());
        return vision;
    }

    private static Map<String, @Nullable Object> text(ClipConfig config) {
        ClipConfig.TextTower tower = config.text();
        Map<String, @Nullable Object> text = new LinkedHashMap<>();
        text.put("context_length", tower.contextLength());
        text.put("vocab_size", tower.vocabularySize());
        text.put("width", tower.width());
        text.put("heads", tower.heads());
        text.put("layers", tower.layers());
        putCommon(text, tower.width(), tower.mlpWidth(), config.layerNormEpsilon());
        if (!tower.poolsAtHighestId()) {
            text.put("pool_type", "eos");
            text.put("eos_id", tower.pooling().eotTokenId());
        }
        return text;
    }

    private static void putCommon(Map<String, @Nullable Object> tower, int width, int mlpWidth, double epsilon) {
        if (mlpWidth != 4 * width) {
            double ratio = (double) mlpWidth / width;
            tower.put("mlp_ratio", (int) (width * ratio) == mlpWidth ? ratio : Math.nextUp(ratio));
        }
        if (epsilon != ClipConfig.DEFAULT_LAYER_NORM_EPSILON) {
            tower.put("norm_kwargs", Map.of("eps", epsilon));
        }
    }
}
