package org.radapter.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.radapter.optim.ParameterSet;
import org.radapter.tensor.Tensor;
import org.radapter.weights.Safetensors;
import org.radapter.weights.SafetensorsWriter;
import org.radapter.weights.TensorSources;

/**
 * A folder with the last states of a run, from which it goes on bit for bit: values, moments, averages, the optimiser's
 * counters, and what must be the same for the bits to be the same. Files appear complete or not at all; the last two
 * are kept.
 */
public final class Checkpoint {
    private static final int KEPT = 2;
    private static final String PREFIX = "step-";
    private static final String SUFFIX = ".safetensors";
    private static final Pattern NAME = Pattern.compile(PREFIX + "[0-9]{9,18}" + Pattern.quote(SUFFIX));
    private static final String FORMAT = "radapter-checkpoint-1";

    private final Path folder;
    private final Map<String, String> identity;

    /**
     * Checkpoints of one run.
     *
     * @param identity what decides the run's results, by name: settings, data, backend
     */
    public Checkpoint(Path folder, Map<String, String> identity) {
        this.folder = folder;
        this.identity = Map.copyOf(identity);
    }

    /**
     * Writes the present state.
     *
     * @throws IOException if it cannot be written; earlier checkpoints are still there
     */
    public void save(Trainer trainer) throws IOException {
        Files.createDirectories(folder);
        Map<String, String> metadata = new LinkedHashMap<>();
        identity.forEach((key, value) -> metadata.put("identity." + key, value));
        metadata.put("format", FORMAT);
        metadata.put("step", Long.toString(trainer.nextStep()));
        metadata.put(
                "optimizer",
                trainer.optimizer().state().stream().map(Double::toHexString).collect(Collectors.joining(" ")));
        Path file = folder.resolve(String.format("%s%09d%s", PREFIX, trainer.nextStep(), SUFFIX));
        SafetensorsWriter.write(
                file, TensorSources.of(tensors(trainer.optimizer().parameters())), metadata);
        List<Path> files = files();
        for (Path old : files.subList(0, Math.max(0, files.size() - KEPT))) {
            Files.delete(old);
        }
    }

    private static Map<String, Tensor> tensors(ParameterSet set) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("values", set.values());
        tensors.put("exp_avg", set.expAvg());
        tensors.put("exp_avg_sq", set.expAvgSq());
        if (set.isAveraged()) {
            tensors.put("averages", set.averages());
        }
        return tensors;
    }

    /** The checkpoints in the folder, oldest first. */
    public List<Path> files() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(file -> {
                        String name = file.getFileName().toString();
                        return NAME.matcher(name).matches();
                    })
                    .sorted(Comparator.comparing(Path::getFileName))
                    .toList();
        }
    }

    /**
     * The step a run with this folder goes on with: 0 if there is no checkpoint.
     *
     * @throws IOException if the folder cannot be listed
     */
    public long nextStep() throws IOException {
        List<Path> files = files();
        if (files.isEmpty()) {
            return 0;
        }
        String name = files.get(files.size() - 1).getFileName().toString();
        return Long.parseLong(name.substring(PREFIX.length(), name.length() - SUFFIX.length()));
    }

    /**
     * Puts the newest state into a trainer made with the same settings.
     *
     * @return what differs from when the checkpoint was written, one sentence each; empty if nothing does or there is no
     *     checkpoint
     * @throws IOException if the checkpoint cannot be read
     */
    public List<String> restore(Trainer trainer) throws IOException {
        List<Path> files = files();
        if (files.isEmpty()) {
            return List.of();
        }
        Path newest = files.get(files.size() - 1);
        try (Safetensors file = Safetensors.openFinite(newest)) {
            Map<String, String> metadata = file.metadata();
            if (!FORMAT.equals(metadata.get("format"))) {
                throw new IOException(newest + " is no checkpoint of this version (its format is "
                        + metadata.get("format") + "); remove it to start again");
            }
            for (Map.Entry<String, Tensor> entry :
                    tensors(trainer.optimizer().parameters()).entrySet()) {
                file.load(entry.getKey(), entry.getValue());
            }
            trainer.optimizer()
                    .restore(Arrays.stream(
                                    required(newest, metadata, "optimizer").split(" "))
                            .map(Double::valueOf)
                            .toList());
            trainer.resumeAt(Long.parseLong(required(newest, metadata, "step")));
            return differences(metadata);
        }
    }

    private static String required(Path file, Map<String, String> metadata, String key) throws IOException {
        String value = metadata.get(key);
        if (value == null) {
            throw new IOException(file + " lacks \"" + key + "\"; remove it to start again");
        }
        return value;
    }

    private List<String> differences(Map<String, String> metadata) {
        List<String> differences = new ArrayList<>();
        identity.forEach((key, value) -> {
            String then = metadata.get("identity." + key);
            if (!value.equals(then)) {
                differences.add(key + " was " + then + " when the checkpoint was written and is " + value + " now");
            }
        });
        differences.sort(Comparator.naturalOrder());
        return differences;
    }
}
