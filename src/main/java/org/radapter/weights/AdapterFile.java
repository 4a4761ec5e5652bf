package org.radapter.weights;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/**
 * Trained adapters without their model: a safetensors file of the tensors of {@link AdapterDescription#shapes}, averaged
 * (W̃, D̃, Ũ, s̃), and where wanted the last values of the optimiser under {@code raw.} before the same names.
 */
public final class AdapterFile implements Closeable {
    private static final String RAW = "raw.";
    private static final String DAMAGED = "; the file is damaged: copy it again, or finish the run that wrote it again";

    private final Path file;
    private final Safetensors tensors;
    private final AdapterDescription description;

    private AdapterFile(Path file, Safetensors tensors, AdapterDescription description) {
        this.file = file;
        this.tensors = tensors;
        this.description = description;
    }

    /**
     * Opens an adapter file and checks that it holds what it describes.
     *
     * @throws java.nio.file.NoSuchFileException if it is missing
     * @throws WeightsFormatException if it is damaged, no adapter file, or of a newer format
     * @throws IOException if it cannot be read
     */
    public static AdapterFile open(Path file) throws IOException {
        Safetensors tensors = Safetensors.openFinite(file);
        try {
            AdapterDescription description = AdapterDescription.parse(tensors.metadata(), file.toString());
            requireTensors(file, tensors, description);
            return new AdapterFile(file, tensors, description);
        } catch (IOException | RuntimeException | Error e) {
            try {
                tensors.close();
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    private static void requireTensors(Path file, TensorSource tensors, AdapterDescription description)
            throws IOException {
        boolean raw = tensors.names().stream().anyMatch(name -> name.startsWith(RAW));
        Set<String> rest = new HashSet<>(tensors.names());
        for (Map.Entry<String, long[]> item : description.shapes().entrySet()) {
            requireTensor(file, tensors, item.getKey(), item.getValue());
            rest.remove(item.getKey());
            if (raw) {
                requireTensor(file, tensors, RAW + item.getKey(), item.getValue());
                rest.remove(RAW + item.getKey());
            }
        }
        if (!rest.isEmpty()) {
            throw new WeightsFormatException(file + " holds tensors it does not describe: " + rest + DAMAGED);
        }
    }

    private static void requireTensor(Path file, TensorSource tensors, String name, long[] shape) throws IOException {
        if (!tensors.contains(name)) {
            throw new WeightsFormatException(file + " lacks tensor '" + name + "'" + DAMAGED);
        }
        if (!Shapes.same(tensors.shape(name), shape)) {
            throw new WeightsFormatException(
                    "tensor '" + name + "' of " + file + " is " + Arrays.toString(tensors.shape(name))
                            + ", but its metadata say " + Arrays.toString(shape) + DAMAGED);
        }
        if (!tensors.dtype(name).isFloating()) {
            throw new WeightsFormatException(
                    "tensor '" + name + "' of " + file + " holds " + tensors.dtype(name) + DAMAGED);
        }
    }

    /** What the file says about itself. */
    public AdapterDescription description() {
        return description;
    }

    /**
     * Checks that the adapters belong to a model.
     *
     * @param sha256 {@link WeightsHash#sha256} of the model
     * @throws WeightsFormatException naming both hashes if they differ
     */
    public void requireBase(String sha256) throws WeightsFormatException {
        if (!sha256.equals(description.baseSha256())) {
            throw new WeightsFormatException(file + " was trained on another model: its base has the hash "
                    + description.baseSha256() + ", but this model has " + sha256
                    + "; take the model it was trained on, in the same element type");
        }
    }

    /** The averaged values, under the names of {@link AdapterDescription#shapes}. Closed with this. */
    public TensorSource averaged() {
        return new NamedSubset(tensors, description.shapes().keySet());
    }

    /** The last values of the optimiser, under the same names; null if the file has none. Closed with this. */
    public @Nullable TensorSource raw() {
        boolean stored = tensors.names().stream().anyMatch(name -> name.startsWith(RAW));
        return stored ? new Prefixed(tensors, RAW, description.shapes().keySet()) : null;
    }

    @Override
    public void close() throws IOException {
        tensors.close();
    }

    /**
     * Writes an adapter file; equal input gives equal bytes.
     *
     * @param averaged every tensor of {@link AdapterDescription#shapes}, readable by the host
     * @param raw as {@code averaged}, or null to leave them out
     * @throws IllegalArgumentException if the tensors are not those described
     * @throws IOException if the file cannot be written; see {@link AtomicFiles}
     */
    public static void write(
            Path file, AdapterDescription description, Map<String, Tensor> averaged, @Nullable Map<String, Tensor> raw)
            throws IOException {
        SortedMap<String, long[]> shapes = description.shapes();
        requireDescribed(shapes, averaged);
        Map<String, Tensor> all = new LinkedHashMap<>(averaged);
        if (raw != null) {
            requireDescribed(shapes, raw);
            raw.forEach((name, tensor) -> all.put(RAW + name, tensor));
        }
        SafetensorsWriter.write(file, TensorSources.of(all), description.toMetadata());
    }

    private static void requireDescribed(SortedMap<String, long[]> shapes, Map<String, Tensor> tensors) {
        if (!shapes.keySet().equals(tensors.keySet())) {
            throw new IllegalArgumentException("adapters " + tensors.keySet() + " instead of " + shapes.keySet());
        }
        tensors.forEach((name, tensor) -> {
            long[] shape = shapes.get(name);
            if (shape == null || !Shapes.same(tensor.shape(), shape)) {
                throw new IllegalArgumentException(
                        "adapter '" + name + "' is " + tensor + " instead of " + Arrays.toString(shape));
            }
        });
    }

    /** Tensors seen without the prefix they are stored with. */
    private record Prefixed(TensorSource source, String prefix, Set<String> names) implements TensorSource {
        @Override
        public DType dtype(String name) throws IOException {
            return source.dtype(prefix + name);
        }

        @Override
        public long[] shape(String name) {
            return source.shape(prefix + name);
        }

        @Override
        public void read(String name, Tensor into) throws IOException {
            source.read(prefix + name, into);
        }

        @Override
        public Map<String, String> metadata() {
            return source.metadata();
        }

        @Override
        public void close() throws IOException {
            source.close();
        }
    }
}
