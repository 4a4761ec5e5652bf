package org.radapter.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.train.LoadedModel;
import org.radapter.train.ModelChoice;
import picocli.CommandLine.Option;

/** Which model a command works on, and on what it computes. */
final class ModelOptions {
    /** The launcher names the folder it lies in by this property. */
    private static final String HOME_PROPERTY = "radapter.home";

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "A CLIP: a directory of Hugging Face's or OpenCLIP's layout, or a .safetensors file. Default:"
                    + " models/emoji-clip where radapter lies.")
    private @Nullable Path model;

    @Option(
            names = {"--device", "--backend"},
            defaultValue = Backends.AUTO,
            paramLabel = "NAME",
            description = "auto, cuda, cuda:N (GPU number N, from 0), cpu or reference (default: ${DEFAULT-VALUE}: what"
                    + " RADAPTER_BACKEND names, or the fastest that is there).")
    private String backend = Backends.AUTO;

    @Option(names = "--threads", defaultValue = "0", paramLabel = "N", description = "Threads; 0 (default): all.")
    private int threads;

    @Option(
            names = "--isa",
            defaultValue = "auto",
            paramLabel = "NAME",
            description = "Instruction set of the CPU: auto (the fastest), baseline, avx2, avx512 or avx512_bf16.")
    private String isa = "auto";

    @Option(
            names = "--cublas",
            description = "Leave a GPU's plain products to NVIDIA's cuBLAS, which must be installed (libcublas.so.13 or"
                    + " .12, or what RADAPTER_LIBCUBLAS names).")
    private boolean cublas;

    /** The model that commands take where none is named. */
    static Path defaultModel() {
        return Path.of(System.getProperty(HOME_PROPERTY, "")).resolve("models").resolve("emoji-clip");
    }

    /** The model's path. */
    Path path() {
        return model == null ? defaultModel() : model;
    }

    /** The model for another process, which may run in another folder. */
    ModelChoice choice(@Nullable Path adapter, @Nullable Double alpha) {
        String file = adapter == null ? null : adapter.toAbsolutePath().toString();
        return new ModelChoice(path().toAbsolutePath().toString(), file, alpha, backend);
    }

    /** Threads of the CPU backend; ≤ 0: as many as the process may use. */
    int threads() {
        return threads;
    }

    /** Opens the backend alone. */
    Kernels openKernels() {
        return Backends.open(
                backend,
                BackendOptions.DEFAULT.withThreads(threads).withIsa(isa).withCublas(cublas));
    }

    /**
     * Opens backend and model.
     *
     * @throws IOException if the model cannot be read
     */
    LoadedModel open() throws IOException {
        return LoadedModel.open(path(), openKernels());
    }
}
