package org.radapter.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.radapter.train.LoadedModel;
import org.radapter.train.ModelChoice;
import picocli.CommandLine.Option;

/** Adapters a command merges into its model before it begins. */
final class AdapterOptions {
    @Option(
            names = "--adapter",
            paramLabel = "FILE",
            description = "An adapter file, merged into the model, which must be the one it was trained on.")
    private @Nullable Path adapter;

    @Option(
            names = "--alpha",
            paramLabel = "A",
            description =
                    "How far: 0 is the model as it is, 1 all of the adapters. Default: what the adapter file says.")
    private @Nullable Double alpha;

    /** Whether α is given without adapters, which has no meaning. */
    boolean isAlphaAlone() {
        return adapter == null && alpha != null;
    }

    /** The adapter file, if there is one. */
    @Nullable
    Path adapter() {
        return adapter;
    }

    /** The model with its adapters, for another process. */
    ModelChoice choice(ModelOptions options) {
        return options.choice(adapter, alpha);
    }

    /**
     * Opens a model and merges what was asked for.
     *
     * @throws IllegalArgumentException if α is given without adapters
     * @throws IOException if model or adapters cannot be read, or do not belong together
     */
    LoadedModel open(ModelOptions options) throws IOException {
        if (isAlphaAlone()) {
            throw new IllegalArgumentException("--alpha has a meaning only with --adapter");
        }
        LoadedModel model = options.open();
        try {
            if (adapter != null) {
                model.mergeIn(adapter, alpha);
            }
            return model;
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
    }
}
