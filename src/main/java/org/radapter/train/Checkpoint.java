package org.radapter.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.optim.ParameterSet;
import org.radapter.tensor.Tensor;
import org.radapter.weights.TensorSources;

/**
 * A folder with the last states of a run, from which it goes on bit for bit: values, moments, averages, the optimiser's
 * counters, and what must be the same for the bits to be the same. Files appear complete or not at all; the last two
 * are kept, so that a damaged one, which its checksums tell, costs no more than the steps since the one before.
 */
public final class Checkpoint {
    private static final int KEPT = 2;
    private static final String PREFIX = "step-";
    private static final String SUFFIX = ".safetensors";
    private static final Pattern NAME = Pattern.compile(PREFIX + "[0-9]{9,18}" + Pattern.quote(SUFFIX));

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
     * A backend as a part of the identity: device and instruction set, without the number of threads that may end the
     * description, which changes no result.
     */
    public static String backend(Kernels kernels) {
        return kernels.description().replaceFirst(", [0-9]+ threads?$", "");
    }

    /**
     * Writes the present state.
     *
     * @throws IOException if it cannot be written; earlier checkpoints are still there
     */
    public void save(Trainer trainer) throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve(String.format("%s%09d%s", PREFIX, trainer.nextStep(), SUFFIX));
        CheckpointFile.write(
                file,
                identity,
                trainer.nextStep(),
                trainer.optimizer().state(),
                TensorSources.of(tensors(trainer.optimizer().parameters())));
        removeOld();
    }

    private void removeOld() throws IOException {
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
     * The step a run with this folder goes on with: 0 if there is no checkpoint. Names alone are looked at; a file that is
     * damaged is found by {@link #restore}.
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
     * Puts the newest state that is whole into a trainer made with the same settings.
     *
     * @return what differs from when the checkpoint was written, and which was damaged, one sentence each; empty if
     *     nothing is or there is no checkpoint
     * @throws IOException if there are checkpoints and none can be read, or one is of another model
     */
    public List<String> restore(Trainer trainer) throws IOException {
        List<String> notices = new ArrayList<>();
        try (CheckpointFile file = newestWhole(notices)) {
            if (file == null) {
                return List.of();
            }
            boolean newest = notices.isEmpty();
            for (Map.Entry<String, Tensor> entry :
                    tensors(trainer.optimizer().parameters()).entrySet()) {
                file.load(entry.getKey(), entry.getValue());
            }
            trainer.optimizer().restore(file.optimizer());
            trainer.resumeAt(file.step());
            if (newest) {
                // a process that was killed between writing it and this left one too many
                removeOld();
            }
            notices.addAll(differences(file));
            return notices;
        }
    }

    private @Nullable CheckpointFile newestWhole(List<String> notices) throws IOException {
        List<Path> files = files();
        IOException failure = null;
        for (int i = files.size() - 1; i >= 0; i--) {
            try {
                CheckpointFile file = CheckpointFile.open(files.get(i));
                if (failure != null) {
                    notices.add("the run goes on from " + files.get(i).getFileName() + ", for " + failure.getMessage());
                }
                return file;
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
        return null;
    }

    private List<String> differences(CheckpointFile file) {
        List<String> differences = new ArrayList<>();
        identity.forEach((key, value) -> {
            String then = file.identity(key);
            if (!value.equals(then)) {
                differences.add(key + " was " + then + " when the checkpoint was written and is " + value + " now");
            }
        });
        differences.sort(Comparator.naturalOrder());
        return differences;
    }
}
