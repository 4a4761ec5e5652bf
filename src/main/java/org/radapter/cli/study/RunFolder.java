package org.radapter.cli.study;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.RunResults;
import org.radapter.cli.report.SummaryFile;
import org.radapter.cli.report.html.ReportPage;
import org.radapter.clip.ClipParameters;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.train.AdapterFiles;
import org.radapter.train.Checkpoint;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.ModelCopies;
import org.radapter.weights.AtomicFiles;
import org.radapter.weights.ClipFile;
import org.radapter.weights.ClipFileWriter;
import org.radapter.weights.Json;
import org.radapter.weights.Naming;
import org.radapter.weights.TensorSources;

/**
 * What a run leaves: {@code settings.json}, {@code metrics.csv}, {@code tensorboard/}, {@code checkpoint/}, {@code adapter.safetensors},
 * {@code merged.safetensors}, {@code summary.json} and {@code report.html}. Each file appears whole or not at all.
 */
public final class RunFolder {
    private final Path path;

    private RunFolder(Path path) {
        this.path = path;
    }

    /**
     * A run's folder, made if it is not there.
     *
     * @throws IOException if it cannot be made
     */
    public static RunFolder at(Path path) throws IOException {
        return new RunFolder(Files.createDirectories(path));
    }

    /** Where the report is. */
    public Path report() {
        return path.resolve("report.html");
    }

    /** Where the merged model is. */
    public Path merged() {
        return path.resolve("merged.safetensors");
    }

    /** Events of one method and seed, for TensorBoard. */
    Path events(FineTuneSettings settings) {
        return path.resolve("tensorboard").resolve(settings.method().label() + "-" + settings.seed());
    }

    Path metrics() {
        return path.resolve("metrics.csv");
    }

    /**
     * Writes {@code settings.json}.
     *
     * @throws IOException if it cannot be written
     */
    public void writeSettings(Map<String, @Nullable Object> settings) throws IOException {
        AtomicFiles.writeString(path.resolve("settings.json"), Json.format(settings) + "\n");
    }

    /** Checkpoints of one method and seed. */
    Checkpoint checkpoint(FineTuneSettings settings, Kernels kernels) {
        String run = settings.method().label() + "-" + settings.seed();
        // memory changes no result: a run may go on with more or less of it
        FineTuneSettings deciding = settings.toBuilder()
                .activationBytes(FineTuneSettings.ACTIVATION_BYTES)
                .build();
        return new Checkpoint(
                path.resolve("checkpoint").resolve(run),
                Map.of("settings", deciding.toString(), "backend", Checkpoint.backend(kernels)));
    }

    /**
     * Writes the adapters, if the method has any, and the model merged at α in OpenCLIP's names with its vocabulary
     * beside it.
     *
     * @param base the model the run started from
     * @param alpha share of the fine-tuning in the merged model
     * @param dtype of the merged model's numbers
     * @throws IOException if a file cannot be written
     */
    public void writeModel(ClipFile base, FineTuned tuned, FineTuneSettings settings, double alpha, DType dtype)
            throws IOException {
        if (tuned.adapters() != null) {
            AdapterFiles.save(path.resolve("adapter.safetensors"), base, tuned, settings);
        }
        try (ClipParameters merged = tuned.merged(alpha)) {
            ClipFileWriter.write(
                    merged(),
                    Naming.OPEN_CLIP,
                    merged.config(),
                    TensorSources.of(ModelCopies.values(merged)),
                    dtype,
                    base.tokenizerFiles());
        }
    }

    /**
     * Writes {@code summary.json} and {@code report.html}.
     *
     * @throws IOException if one cannot be written
     */
    public void writeResults(RunResults results) throws IOException {
        SummaryFile.write(path.resolve("summary.json"), results);
        ReportPage.write(report(), results);
    }
}
