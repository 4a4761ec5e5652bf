package org.radapter.cli.study;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.train.Checkpoint;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuner;
import org.radapter.train.LoadedModel;
import org.radapter.train.ModelChoice;
import org.radapter.train.Peers;
import org.radapter.train.RankJob;
import org.radapter.train.StepReport;

/**
 * A rank's part of fine-tuning on a user's own images, for a cluster. Model, images and run folder lie at the same paths
 * wherever it runs.
 *
 * @param model that is fine-tuned
 * @param fingerprint {@link LoadedModel#fingerprint} of the weights that are meant
 * @param folder see {@link FolderTask#folder}
 * @param captions see {@link FolderTask#captions}
 * @param holdOut share of each class that is not learned from
 * @param templates see {@link FolderTask#templates}
 * @param settings of the run
 * @param run folder that rank 0 keeps checkpoints in
 */
public record FolderJob(
        ModelChoice model,
        String fingerprint,
        File folder,
        @Nullable File captions,
        double holdOut,
        List<String> templates,
        FineTuneSettings settings,
        File run)
        implements RankJob {
    private static final long serialVersionUID = 1;

    /** Takes a list that can be sent. */
    public FolderJob {
        templates = new ArrayList<>(templates);
    }

    /** What ranks learn from a task; its test sets are left to the process that measures. */
    public static FolderJob of(
            ModelChoice model, String fingerprint, FolderTask task, FineTuneSettings settings, Path run) {
        return new FolderJob(
                model,
                fingerprint,
                task.folder().toAbsolutePath().toFile(),
                task.captions() == null
                        ? null
                        : task.captions().toAbsolutePath().toFile(),
                task.test() == null ? task.holdOut() : 0,
                task.templates(),
                settings,
                run.toAbsolutePath().toFile());
    }

    @Override
    public Opened open(int threads) throws IOException {
        LoadedModel loaded = LoadedModel.open(model, threads);
        try {
            if (!loaded.fingerprint().equals(fingerprint)) {
                throw new IOException("the model at " + model.model() + " is another one here than where the run was"
                        + " started; put the same files at the same path on every machine");
            }
            StudyTask task = new FolderTask(
                            folder.toPath(),
                            captions == null ? null : captions.toPath(),
                            null,
                            holdOut,
                            Map.of(),
                            templates)
                    .open();
            return new OpenedFolder(loaded, task);
        } catch (IOException | RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    private final class OpenedFolder implements Opened {
        private final LoadedModel loaded;
        private final StudyTask task;

        OpenedFolder(LoadedModel loaded, StudyTask task) {
            this.loaded = loaded;
            this.task = task;
        }

        @Override
        public List<StepReport> advance(Peers peers, int until) throws IOException {
            List<StepReport> reports = new ArrayList<>();
            Checkpoint checkpoint =
                    peers.rank() == 0 ? RunFolder.at(run.toPath()).checkpoint(settings, loaded.kernels()) : null;
            new FineTuner(loaded.kernels(), loaded.weights(), loaded.tokenizer(), peers)
                    .advance(settings, task.data(loaded.config(), settings.seed()), checkpoint, until, reports::add);
            return reports;
        }

        @Override
        public void close() throws IOException {
            loaded.close();
        }
    }
}
