package org.radapter.weights;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipConfig;
import org.radapter.tensor.DType;

/** Hugging Face's {@code config.json} and {@code preprocessor_config.json} of a {@code CLIPModel}. */
final class HuggingFaceConfig {
    /** A wrong value that early configurations carry; models that have it pool at the highest id. */
    private static final int LEGACY_EOS = 2;

    private static final int USUAL_EOS = 49407;
    private static final int BICUBIC = 3;

    private HuggingFaceConfig() {}

    /** Whether a JSON object looks like one. */
    static boolean matches(Map<String, @Nullable Object> json) {
        return json.containsKey("vision_config")
                || json.containsKey("vision_config_dict")
                || json.get("model_type") instanceof String;
    }

    /**
     * Parses both files.
     *
     * @param preprocessor the content of {@code preprocessor_config.json}, or null without one
     * @throws WeightsFormatException if they describe another architecture, or are wrong
     */
    static ClipConfig parse(
            Map<String, @Nullable Object> json, @Nullable Map<String, @Nullable Object> preprocessor, String where)
            throws WeightsFormatException {
        ConfigObject root = new ConfigObject(where, "", json);
        refuseOthers(root);
        ConfigObject vision = tower(root, "vision_config");
        ConfigObject text = tower(root, "text_config");
        if (vision.integer("num_channels", 3) != 3) {
            throw new WeightsFormatException(where + ": only images with three channels are supported");
        }
        try {
            return new ClipConfig(
                    root.integer("projection_dim", 512),
                    image(vision),
                    text(text),
                    quickGelu(vision, text),
                    epsilon(vision, text),
                    normalization(preprocessor, where));
        } catch (IllegalArgumentException e) {
            throw new WeightsFormatException(where + ": " + e.getMessage(), e);
        }
    }

    private static void refuseOthers(ConfigObject root) throws WeightsFormatException {
        String type = root.text("model_type", "clip");
        if (type.startsWith("siglip")) {
            throw OtherArchitectures.refused(root.where(), OtherArchitectures.SIGLIP);
        }
        if (!type.equals("clip")) {
            throw OtherArchitectures.refused(root.where(), "a model of type '" + type + "'");
        }
    }

    /** A tower's settings; an older duplicate under {@code …_dict} has the last word, as in transformers. */
    private static ConfigObject tower(ConfigObject root, String key) throws WeightsFormatException {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (String name : List.of(key, key + "_dict")) {
            ConfigObject part = root.object(name);
            if (part != null) {
                values.putAll(part.values());
            }
        }
        return new ConfigObject(root.where(), key + ".", values);
    }

    private static ClipConfig.ImageTower image(ConfigObject vision) throws WeightsFormatException {
        return new ClipConfig.ImageTower(
                vision.integer("hidden_size", 768),
                vision.integer("num_hidden_layers", 12),
                vision.integer("num_attention_heads", 12),
                vision.integer("intermediate_size", 3072),
                vision.side("patch_size", 32),
                vision.side("image_size", 224));
    }

    private static ClipConfig.TextTower text(ConfigObject text) throws WeightsFormatException {
        int vocabulary = text.integer("vocab_size", 49408);
        int eos = text.integer("eos_token_id", vocabulary > USUAL_EOS ? USUAL_EOS : LEGACY_EOS);
        return new ClipConfig.TextTower(
                text.integer("hidden_size", 512),
                text.integer("num_hidden_layers", 12),
                text.integer("num_attention_heads", 8),
                text.integer("intermediate_size", 2048),
                text.integer("max_position_embeddings", 77),
                vocabulary,
                eos == LEGACY_EOS ? ClipConfig.EotPooling.argmax() : ClipConfig.EotPooling.first(eos));
    }

    private static boolean quickGelu(ConfigObject vision, ConfigObject text) throws WeightsFormatException {
        String activation = vision.text("hidden_act", "quick_gelu");
        if (!activation.equals(text.text("hidden_act", "quick_gelu"))) {
            throw new WeightsFormatException(
                    vision.where() + " sets different hidden_act for image and text, which is not supported");
        }
        return switch (activation) {
            case "quick_gelu" -> true;
            case "gelu" -> false;
            default ->
                throw new WeightsFormatException(vision.where() + " sets hidden_act to '" + activation
                        + "'; only 'quick_gelu' and 'gelu' are supported");
        };
    }

    private static double epsilon(ConfigObject vision, ConfigObject text) throws WeightsFormatException {
        double image = vision.number("layer_norm_eps", ClipConfig.DEFAULT_LAYER_NORM_EPSILON);
        if (image != text.number("layer_norm_eps", ClipConfig.DEFAULT_LAYER_NORM_EPSILON)) {
            throw new WeightsFormatException(
                    vision.where() + " sets different layer_norm_eps for image and text, which is not supported");
        }
        return image;
    }

    private static ClipConfig.ImageNormalization normalization(
            @Nullable Map<String, @Nullable Object> json, String where) throws WeightsFormatException {
        ClipConfig.ImageNormalization usual = ClipConfig.ImageNormalization.OPENAI;
        if (json == null) {
            return usual;
        }
        ConfigObject preprocessor = new ConfigObject("preprocessor_config.json beside " + where, "", json);
        if (preprocessor.integer("resample", BICUBIC) != BICUBIC || !preprocessor.flag("do_normalize", true)) {
            throw new WeightsFormatException(preprocessor.where()
                    + " asks for another resampling than bicubic (3), or for no normalisation, which is not supported");
        }
        return new ClipConfig.ImageNormalization(
                preprocessor.numbers("image_mean", usual.mean()), preprocessor.numbers("image_std", usual.std()));
    }

    /**
     * The configuration as Hugging Face writes it.
     *
     * @throws IllegalArgumentException if the end-of-text token is 2, which means another rule there
     */
    static Map<String, @Nullable Object> format(ClipConfig config, DType dtype) {
        Map<String, @Nullable Object> root = new LinkedHashMap<>();
        root.put("architectures", List.of("CLIPModel"));
        root.put("model_type", "clip");
        root.put("projection_dim", config.embedDim());
        root.put("logit_scale_init_value", 2.6592);
        root.put("torch_dtype", torchName(dtype));
        root.put("text_config", text(config));
        root.put("vision_config", vision(config));
        return root;
    }

    private static String torchName(DType dtype) {
        return switch (dtype) {
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            case F64 -> "float64";
            case F32 -> "float32";
            default ->
                throw new IllegalArgumentException(
                        "weights of type " + dtype.name().toLowerCase(Locale.ROOT));
        };
    }

    private static Map<String, @Nullable Object> text(ClipConfig config) {
        ClipConfig.TextTower tower = config.text();
        Map<String, @Nullable Object> text = new LinkedHashMap<>();
        text.put("model_type", "clip_text_model");
        text.put("hidden_size", tower.width());
        text.put("intermediate_size", tower.mlpWidth());
        text.put("num_hidden_layers", tower.layers());
        text.put("num_attention_heads", tower.heads());
        text.put("max_position_embeddings", tower.contextLength());
        text.put("vocab_size", tower.vocabularySize());
        putCommon(text, config);
        int eos = endOfText(tower);
        text.put("bos_token_id", eos == LEGACY_EOS ? 0 : Math.max(0, eos - 1));
        text.put("eos_token_id", eos);
        text.put("pad_token_id", eos == LEGACY_EOS ? 1 : 0);
        return text;
    }

    private static int endOfText(ClipConfig.TextTower tower) {
        if (tower.pooling().rule() == ClipConfig.EotPooling.Rule.ARGMAX) {
            return LEGACY_EOS;
        }
        if (tower.pooling().eotTokenId() == LEGACY_EOS && !tower.poolsAtHighestId()) {
            throw new IllegalArgumentException("a Hugging Face model cannot have 2 as its end-of-text token: there it"
                    + " means the highest id; write it in OpenCLIP's naming");
        }
        return tower.pooling().eotTokenId();
    }

    private static Map<String, @Nullable Object> vision(ClipConfig config) {
        ClipConfig.ImageTower tower = config.image();
        Map<String, @Nullable Object> vision = new LinkedHashMap<>();
        vision.put("model_type", "clip_vision_model");
        vision.put("hidden_size", tower.width());
        vision.put("intermediate_size", tower.mlpWidth());
        vision.put("num_hidden_layers", tower.layers());
        vision.put("num_attention_heads", tower.heads());
        vision.put("num_channels", 3);
        vision.put("image_size", tower.imageSize());
        vision.put("patch_size", tower.patchSize());
        putCommon(vision, config);
        return vision;
    }

    private static void putCommon(Map<String, @Nullable Object> tower, ClipConfig config) {
        tower.put("hidden_act", config.quickGelu() ? "quick_gelu" : "gelu");
        tower.put("layer_norm_eps", config.layerNormEpsilon());
        tower.put("projection_dim", config.embedDim());
    }

    /** The content of {@code preprocessor_config.json}. */
    static Map<String, @Nullable Object> formatPreprocessor(ClipConfig config) {
        int side = config.image().imageSize();
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("image_processor_type", "CLIPImageProcessor");
        json.put("do_convert_rgb", true);
        json.put("do_resize", true);
        json.put("size", Map.of("shortest_edge", side));
        json.put("resample", BICUBIC);
        json.put("do_center_crop", true);
        Map<String, @Nullable Object> crop = new LinkedHashMap<>();
        crop.put("height", side);
        crop.put("width", side);
        json.put("crop_size", crop);
        json.put("do_rescale", true);
        json.put("rescale_factor", 1.0 / 255);
        json.put("do_normalize", true);
        json.put("image_mean", config.normalization().mean());
        json.put("image_std", config.normalization().std());
        return json;
    }
}
