package org.radapter.weights;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipConfig;
import org.radapter.tensor.TensorSource;

/** Finds the files of a model: weights in a directory, a configuration beside weights. */
final class ModelFiles {
    static final String OPEN_CLIP_WEIGHTS = "open_clip_model.safetensors";
    static final String OPEN_CLIP_CONFIG = "open_clip_config.json";
    static final String HUGGING_FACE_WEIGHTS = "model.safetensors";
    static final String HUGGING_FACE_CONFIG = "config.json";
    static final String PREPROCESSOR_CONFIG = "preprocessor_config.json";
    /** Key of the metadata under which a single file carries its configuration. */
    static final String METADATA_CONFIG = "open_clip_config";

    static final String SAFETENSORS = ".safetensors";

    private static final String INDEX = ".index.json";
    private static final List<String> KNOWN_WEIGHTS = List.of(
            HUGGING_FACE_WEIGHTS,
            HUGGING_FACE_WEIGHTS + INDEX,
            OPEN_CLIP_WEIGHTS,
            OPEN_CLIP_WEIGHTS + INDEX,
            "open_clip_pytorch_model.safetensors");
    private static final List<String> TOKENIZER = List.of(
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "vocab.json",
            "merges.txt",
            "bpe_simple_vocab_16e6.txt.gz");

    private ModelFiles() {}

    /** The file of weights, or the index of its parts, of a model given as either or as a directory. */
    static Path weights(Path model) throws IOException {
        if (!Files.exists(model)) {
            throw new NoSuchFileException(model.toString(), null, "there is no such file or directory; check the path");
        }
        if (!Files.isDirectory(model)) {
            return model;
        }
        for (String name : KNOWN_WEIGHTS) {
            if (Files.exists(model.resolve(name))) {
                return model.resolve(name);
            }
        }
        return onlyWeights(model);
    }

    private static Path onlyWeights(Path directory) throws IOException {
        List<Path> weights = list(directory, SAFETENSORS);
        if (weights.size() == 1) {
            return weights.get(0);
        }
        if (weights.size() > 1) {
            throw new WeightsFormatException(
                    directory + " holds several files of weights; name one of them: " + weights);
        }
        List<Path> pickles = new ArrayList<>();
        for (String suffix : List.of(".bin", ".pt", ".pth")) {
            pickles.addAll(list(directory, suffix));
        }
        for (Path pickle : pickles) {
            Safetensors.open(pickle).close();
        }
        throw new NoSuchFileException(
                directory.toString(),
                null,
                "it holds no weights; expected one of " + KNOWN_WEIGHTS + " or one other .safetensors file");
    }

    /** Files of a directory whose names end in {@code suffix}, sorted. */
    static List<Path> list(Path directory, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    /** Opens a file of weights or an index of parts. */
    static TensorSource open(Path weights, Elements.NonFinite nonFinite) throws IOException {
        return weights.toString().endsWith(INDEX)
                ? ShardedSafetensors.open(weights, nonFinite)
                : Safetensors.open(weights, nonFinite);
    }

    /**
     * The configuration that belongs to weights: in their metadata, in the file of the same name ending in
     * {@code .json}, or in the configuration of their directory, that of their own naming first. Null if there is none.
     */
    static @Nullable ClipConfig config(Path weights, TensorSource tensors, boolean huggingFace) throws IOException {
        String inside = tensors.metadata().get(METADATA_CONFIG);
        if (inside != null) {
            String where = "the metadata of " + weights;
            byte[] utf8 = inside.getBytes(StandardCharsets.UTF_8);
            return parse(Json.parseObject(utf8, where), weights, where);
        }
        Path sameName = weights.resolveSibling(
                fileName(weights).replaceFirst("\\.safetensors(\\.index\\.json)?$", "") + ".json");
        if (!sameName.equals(weights) && Files.isRegularFile(sameName)) {
            Map<String, @Nullable Object> json = Json.readObject(sameName);
            if (OpenClipConfig.matches(json) || HuggingFaceConfig.matches(json)) {
                return parse(json, weights, sameName.toString());
            }
        }
        List<String> names = huggingFace
                ? List.of(HUGGING_FACE_CONFIG, OPEN_CLIP_CONFIG)
                : List.of(OPEN_CLIP_CONFIG, HUGGING_FACE_CONFIG);
        for (String name : names) {
            Path file = weights.resolveSibling(name);
            if (Files.isRegularFile(file)) {
                return parse(Json.readObject(file), weights, file.toString());
            }
        }
        return null;
    }

    private static ClipConfig parse(Map<String, @Nullable Object> json, Path weights, String where) throws IOException {
        if (OpenClipConfig.matches(json)) {
            return OpenClipConfig.parse(json, where);
        }
        if (HuggingFaceConfig.matches(json)) {
            Path preprocessor = weights.resolveSibling(PREPROCESSOR_CONFIG);
            return HuggingFaceConfig.parse(
                    json, Files.isRegularFile(preprocessor) ? Json.readObject(preprocessor) : null, where);
        }
        throw new WeightsFormatException(where + " is no configuration of a CLIP: it has neither vision_config (Hugging"
                + " Face) nor vision_cfg (OpenCLIP)");
    }

    /** The tokenizer's files in a directory. */
    static List<Path> tokenizerFiles(Path directory) {
        return TOKENIZER.stream()
                .map(directory::resolve)
                .filter(Files::isRegularFile)
                .toList();
    }

    static String fileName(Path file) {
        return String.valueOf(file.getFileName());
    }
}
