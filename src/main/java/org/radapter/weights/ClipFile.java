package org.radapter.weights;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipShapes;
import org.radapter.tensor.TensorSource;

/**
 * A CLIP in a file or directory, of whichever {@link Naming}, opened and checked: its configuration, and its weights
 * under canonical names with the extents of {@link ClipShapes#of}.
 */
public final class ClipFile implements Closeable {
    /** Tensors some files carry that are no weights. */
    private static final Set<String> IGNORED = Set.of(
            "input_resolution",
            "context_length",
            "vocab_size",
            "attn_mask",
            "text_model.embeddings.position_ids",
            "vision_model.embeddings.position_ids");

    private static final int LISTED = 8;

    private final Path weights;
    private final Naming naming;
    private final ClipConfig config;
    private final TensorSource tensors;

    private ClipFile(Path weights, Naming naming, ClipConfig config, TensorSource tensors) {
        this.weights = weights;
        this.naming = naming;
        this.config = config;
        this.tensors = tensors;
    }

    /**
     * How a model is opened.
     *
     * @param config takes the place of any configuration found; null: look for one
     * @param allowNonFinite whether NaN and infinity in weights pass
     */
    public record Options(@Nullable ClipConfig config, boolean allowNonFinite) {
        /** Look for the configuration; refuse NaN and infinity. */
        public static final Options DEFAULT = new Options(null, false);
    }

    /**
     * Opens a model.
     *
     * @param model a safetensors file, an index of several, or a directory with either
     * @throws java.nio.file.NoSuchFileException if it, or a part of it, is missing
     * @throws WeightsFormatException if it is damaged, of another architecture, in a format that is not read, without
     *     the configuration it needs, or does not fit its configuration
     * @throws IOException if it cannot be read
     */
    public static ClipFile open(Path model) throws IOException {
        return open(model, Options.DEFAULT);
    }

    /** As {@link #open(Path)}, with options. */
    public static ClipFile open(Path model, Options options) throws IOException {
        Path weights = ModelFiles.weights(model);
        TensorSource stored = ModelFiles.open(
                weights, options.allowNonFinite() ? Elements.NonFinite.ALLOWED : Elements.NonFinite.REFUSED);
        try {
            return open(weights, stored, options);
        } catch (IOException | RuntimeException | Error e) {
            try {
                stored.close();
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    private static ClipFile open(Path weights, TensorSource stored, Options options) throws IOException {
        OtherArchitectures.refuseByNames(stored.names(), weights.toString());
        boolean huggingFace = stored.names().stream()
                .anyMatch(name -> name.startsWith("vision_model.") || name.startsWith("text_model."));
        ClipConfig found =
                options.config() != null ? options.config() : ModelFiles.config(weights, stored, huggingFace);
        if (found == null && huggingFace) {
            throw new WeightsFormatException("the geometry of " + weights + " cannot be told from its tensors (the"
                    + " number of attention heads, the activation); put the model's config.json beside it");
        }
        ClipConfig config = found == null ? ClipGeometry.infer(stored) : found;
        Naming naming = huggingFace ? Naming.HUGGING_FACE : found == null ? Naming.OPENAI : Naming.OPEN_CLIP;
        Map<String, long[]> shapes = ClipShapes.of(config);
        requireSameNames(weights, stored, shapes.keySet(), huggingFace);
        TensorSource tensors =
                huggingFace ? new CanonicalTensors(stored, shapes.keySet()) : new NamedSubset(stored, shapes.keySet());
        requireShapes(weights, tensors, shapes);
        return new ClipFile(weights, naming, config, tensors);
    }

    /** The file of weights, or the index of its parts. */
    public Path weights() {
        return weights;
    }

    /** How the model is stored. */
    public Naming naming() {
        return naming;
    }

    /** Geometry and conventions. */
    public ClipConfig config() {
        return config;
    }

    /** The weights in canonical names. Closed with this. */
    public TensorSource tensors() {
        return tensors;
    }

    /** {@link WeightsHash#sha256} of the weights as they are stored; reads all of them. */
    public String sha256() throws IOException {
        return WeightsHash.sha256(tensors);
    }

    /** The tokenizer's files beside the weights; empty if there are none. */
    public List<Path> tokenizerFiles() {
        return ModelFiles.tokenizerFiles(weights.resolveSibling(""));
    }

    @Override
    public void close() throws IOException {
        tensors.close();
    }

    private static void requireSameNames(Path weights, TensorSource stored, Set<String> canonical, boolean huggingFace)
            throws IOException {
        Set<String> expected = huggingFace ? huggingFaceNames(canonical) : canonical;
        List<String> missing = expected.stream()
                .filter(name -> !stored.contains(name))
                .sorted()
                .toList();
        List<String> extra = stored.names().stream()
                .filter(name -> !expected.contains(name) && !IGNORED.contains(name))
                .sorted()
                .toList();
        if (!missing.isEmpty() || !extra.isEmpty()) {
            throw new WeightsFormatException(weights + " does not fit its configuration: it lacks " + list(missing)
                    + ", and has " + list(extra) + " more than expected; check that weights and configuration belong"
                    + " together");
        }
    }

    private static Set<String> huggingFaceNames(Set<String> canonical) {
        Set<String> names = new HashSet<>();
        for (String name : canonical) {
            HuggingFaceNames.Stored stored = HuggingFaceNames.of(name);
            if (stored == null) {
                throw new IllegalStateException("no Hugging Face name for " + name);
            }
            names.addAll(stored.names());
        }
        return names;
    }

    private static String list(List<String> names) {
        if (names.isEmpty()) {
            return "nothing";
        }
        return names.size() <= LISTED
                ? names.toString()
                : names.subList(0, LISTED) + " and " + (names.size() - LISTED) + " others";
    }

    private static void requireShapes(Path weights, TensorSource tensors, Map<String, long[]> shapes)
            throws IOException {
        for (Map.Entry<String, long[]> item : shapes.entrySet()) {
            String name = item.getKey();
            long[] found = tensors.shape(name);
            if (!Shapes.same(found, item.getValue())) {
                throw new WeightsFormatException("tensor '" + name + "' of " + weights + " is "
                        + Arrays.toString(found) + ", but the configuration says " + Arrays.toString(item.getValue())
                        + "; check that weights and configuration belong together");
            }
            if (!tensors.dtype(name).isFloating()) {
                throw new WeightsFormatException("tensor '" + name + "' of " + weights + " holds " + tensors.dtype(name)
                        + ", not floating-point numbers; quantised models are not supported");
            }
        }
    }
}
