package org.radapter.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipShapes;
import org.radapter.tensor.DType;
import org.radapter.tensor.TensorSource;

/** Writes a CLIP in each {@link Naming}, so that {@link ClipFile} and other readers of that naming open it. */
public final class ClipFileWriter {
    private ClipFileWriter() {}

    /**
     * Writes a model.
     *
     * <ul>
     *   <li>{@link Naming#HUGGING_FACE}: a directory with {@code config.json}, {@code preprocessor_config.json} and
     *       {@code model.safetensors};
     *   <li>{@link Naming#OPEN_CLIP}: a directory with {@code open_clip_config.json} and
     *       {@code open_clip_model.safetensors}, or one {@code .safetensors} file; both carry the configuration in the
     *       file's metadata too;
     *   <li>{@link Naming#OPENAI}: one {@code .safetensors} file, or {@code model.safetensors} in a directory, without
     *       a configuration.
     * </ul>
     *
     * @param target a path that ends in {@code .safetensors} for one file, any other for a directory
     * @param tensors all of {@link ClipShapes#of}, in canonical names
     * @param dtype floating-point type of every weight in the file
     * @param tokenizerFiles copied into a directory, or beside the file, under their names
     * @return the file of weights
     * @throws IllegalArgumentException if the tensors do not fit the configuration, or the naming has no place for it;
     *     nothing is written then
     * @throws IOException if a tensor cannot be read or converted, a file not written, or the directory holds another
     *     model
     */
    public static Path write(
            Path target, Naming naming, ClipConfig config, TensorSource tensors, DType dtype, List<Path> tokenizerFiles)
            throws IOException {
        Map<String, long[]> shapes = ClipShapes.of(config);
        requireFit(tensors, shapes);
        boolean single = target.toString().endsWith(".safetensors");
        Map<String, String> configFiles = configFiles(naming, config, dtype, single);
        Path weights = single ? target : target.resolve(weightsName(naming));
        Path directory = weights.resolveSibling("");
        if (!single) {
            requireNoOtherModel(weights);
        }
        TensorSource canonical = new NamedSubset(tensors, shapes.keySet());
        TensorSource named = naming == Naming.HUGGING_FACE ? new HuggingFaceTensors(canonical) : canonical;
        for (Map.Entry<String, String> file : configFiles.entrySet()) {
            AtomicFiles.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        copy(tokenizerFiles, directory);
        SafetensorsWriter.write(weights, named, metadata(naming, config), dtype);
        return weights;
    }

    private static void requireFit(TensorSource tensors, Map<String, long[]> shapes) {
        for (Map.Entry<String, long[]> item : shapes.entrySet()) {
            String name = item.getKey();
            if (!tensors.contains(name)) {
                throw new IllegalArgumentException("the model to be written lacks tensor '" + name + "'");
            }
            if (!Shapes.same(tensors.shape(name), item.getValue())) {
                throw new IllegalArgumentException("tensor '" + name + "' of the model to be written is "
                        + Arrays.toString(tensors.shape(name)) + ", but its configuration says "
                        + Arrays.toString(item.getValue()));
            }
        }
    }

    private static String weightsName(Naming naming) {
        return naming == Naming.OPEN_CLIP ? ModelFiles.OPEN_CLIP_WEIGHTS : ModelFiles.HUGGING_FACE_WEIGHTS;
    }

    private static Map<String, String> configFiles(Naming naming, ClipConfig config, DType dtype, boolean single) {
        return switch (naming) {
            case HUGGING_FACE -> {
                if (single) {
                    throw new IllegalArgumentException("a Hugging Face model is a directory, because it needs a"
                            + " config.json; name a directory, without .safetensors");
                }
                Map<String, String> files = new HashMap<>();
                files.put(ModelFiles.HUGGING_FACE_CONFIG, Json.format(HuggingFaceConfig.format(config, dtype)) + "\n");
                files.put(
                        ModelFiles.PREPROCESSOR_CONFIG,
                        Json.format(HuggingFaceConfig.formatPreprocessor(config)) + "\n");
                yield files;
            }
            case OPEN_CLIP ->
                single
                        ? Map.of()
                        : Map.of(ModelFiles.OPEN_CLIP_CONFIG, Json.format(OpenClipConfig.format(config)) + "\n");
            case OPENAI -> {
                ClipGeometry.requireInferable(config);
                yield Map.of();
            }
        };
    }

    private static Map<String, String> metadata(Naming naming, ClipConfig config) {
        return naming == Naming.OPEN_CLIP
                ? Map.of("format", "pt", ModelFiles.METADATA_CONFIG, Json.formatCompact(OpenClipConfig.format(config)))
                : Map.of("format", "pt");
    }

    private static void requireNoOtherModel(Path weights) throws IOException {
        Path directory = weights.resolveSibling("");
        if (Files.isDirectory(directory)) {
            for (Path other : ModelFiles.list(directory, ModelFiles.SAFETENSORS)) {
                if (!ModelFiles.fileName(other).equals(ModelFiles.fileName(weights))) {
                    throw new IOException("cannot write a model to " + directory + ": it holds another, "
                            + ModelFiles.fileName(other) + "; choose another directory");
                }
            }
        }
    }

    private static void copy(List<Path> files, Path directory) throws IOException {
        for (Path file : files) {
            Path copy = directory.resolve(ModelFiles.fileName(file));
            if (!Files.exists(copy) || !Files.isSameFile(file, copy)) {
                AtomicFiles.write(copy, Files.readAllBytes(file));
            }
        }
    }
}
