package org.radapter.train;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;
import org.radapter.weights.Safetensors;
import org.radapter.weights.SafetensorsWriter;
import org.radapter.weights.WeightsFormatException;
import org.radapter.weights.WeightsHash;

/** One state of a run in a file, which was found whole: its checksums are those of its content. */
public final class CheckpointFile implements AutoCloseable {
    private static final String FORMAT = "radapter-checkpoint-2";
    /** Without checksums. */
    private static final String FORMAT_ONE = "radapter-checkpoint-1";

    private static final String CHECKSUMS = "crc32c";
    private static final String IDENTITY = "identity.";
    private static final int OPTIMIZER_NUMBERS = 5;

    private final Safetensors file;
    private final long step;
    private final List<Double> optimizer;

    private CheckpointFile(Path path, Safetensors file) throws IOException {
        this.file = file;
        Map<String, String> metadata = file.metadata();
        String format = metadata.get("format");
        if (!FORMAT.equals(format) && !FORMAT_ONE.equals(format)) {
            throw new WeightsFormatException(path + " is no checkpoint of this version (its format is " + format
                    + "); remove it to start again");
        }
        try {
            step = Long.parseLong(required(path, metadata, "step"));
            optimizer = Arrays.stream(required(path, metadata, "optimizer").split(" "))
                    .map(Double::valueOf)
                    .toList();
        } catch (NumberFormatException e) {
            throw damaged(path, "its numbers cannot be read, " + e.getMessage(), e);
        }
        if (step < 0 || optimizer.size() != OPTIMIZER_NUMBERS) {
            throw damaged(path, "it has step " + step + " and " + optimizer.size() + " numbers of the optimiser", null);
        }
        if (FORMAT.equals(format) && !checksums(metadata, file).equals(required(path, metadata, CHECKSUMS))) {
            throw damaged(path, "its checksums are not those of its content", null);
        }
    }

    private static String required(Path path, Map<String, String> metadata, String key) throws WeightsFormatException {
        String value = metadata.get(key);
        if (value == null) {
            throw damaged(path, "it lacks \"" + key + "\"", null);
        }
        return value;
    }

    private static WeightsFormatException damaged(Path path, String how, @Nullable Throwable cause) {
        String message = path + " is damaged: " + how + "; remove it to start again";
        return cause == null ? new WeightsFormatException(message) : new WeightsFormatException(message, cause);
    }

    /**
     * Opens a checkpoint and reads all of it once, to compare its checksums. One of format 1 has none.
     *
     * @throws IOException if it cannot be read, is no checkpoint, or damaged
     */
    public static CheckpointFile open(Path path) throws IOException {
        Safetensors file = Safetensors.openFinite(path);
        try {
            return new CheckpointFile(path, file);
        } catch (IOException | RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /**
     * Writes a checkpoint.
     *
     * @param step the run goes on with
     * @param optimizer the five numbers of {@link org.radapter.optim.AdamWEma#state}
     * @throws IOException if it cannot be written; see {@link org.radapter.weights.AtomicFiles}
     */
    static void write(Path path, Map<String, String> identity, long step, List<Double> optimizer, TensorSource tensors)
            throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        identity.forEach((key, value) -> metadata.put(IDENTITY + key, value));
        metadata.put("format", FORMAT);
        metadata.put("step", Long.toString(step));
        metadata.put("optimizer", optimizer.stream().map(Double::toHexString).collect(Collectors.joining(" ")));
        metadata.put(CHECKSUMS, checksums(metadata, tensors));
        SafetensorsWriter.write(path, tensors, metadata);
    }

    /** CRC-32C of the metadata in the order of their names, and of the tensors. */
    private static String checksums(Map<String, String> metadata, TensorSource tensors) throws IOException {
        CRC32C sum = new CRC32C();
        new TreeMap<>(metadata).forEach((key, value) -> {
            if (!key.equals(CHECKSUMS)) {
                sum.update((key + '\0' + value + '\n').getBytes(StandardCharsets.UTF_8));
            }
        });
        return Long.toHexString(sum.getValue()) + " " + WeightsHash.crc32c(tensors);
    }

    /** The step that a run goes on with. */
    public long step() {
        return step;
    }

    /** The optimiser's numbers, for {@link org.radapter.optim.AdamWEma#restore}. */
    public List<Double> optimizer() {
        return optimizer;
    }

    /** What the run that wrote this was known by; null if it was not by {@code key}. */
    @Nullable
    String identity(String key) {
        return file.metadata().get(IDENTITY + key);
    }

    /**
     * Loads one tensor.
     *
     * @throws IOException if there is none of this name, or of another shape
     */
    void load(String name, Tensor tensor) throws IOException {
        file.load(name, tensor);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
