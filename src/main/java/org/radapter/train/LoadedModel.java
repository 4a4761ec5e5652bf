package org.radapter.train;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.clip.tokenizer.Tokenizers;
import org.radapter.clip.tokenizer.VocabularyException;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.weights.ClipFile;
import org.radapter.weights.TensorSources;
import org.radapter.weights.WeightsHash;

/**
 * A model with all it needs to embed images and texts; closing it closes everything. The tokenizer is read when asked
 * for.
 *
 * <p>Not thread-safe, but for what {@link #weights}, {@link #model} and {@link #tokenizer} return.
 */
public final class LoadedModel implements AutoCloseable {
    private final Path path;
    private final Kernels kernels;
    private final ClipFile file;
    private ClipParameters weights;
    private @Nullable ClipModel model;
    private @Nullable Tokenizer tokenizer;

    private LoadedModel(Path path, Kernels kernels, ClipFile file, ClipParameters weights) {
        this.path = path;
        this.kernels = kernels;
        this.file = file;
        this.weights = weights;
    }

    /**
     * Opens a model as it is in its file.
     *
     * @param kernels is taken over, also if this fails
     * @throws IOException if the model cannot be read
     */
    public static LoadedModel open(Path path, Kernels kernels) throws IOException {
        try {
            ClipFile file = ClipFile.open(path);
            try {
                ClipParameters weights = ClipParameters.frozen(kernels, DType.F32, file.config(), file.tensors());
                return new LoadedModel(path, kernels, file, weights);
            } catch (IOException | RuntimeException e) {
                file.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            kernels.close();
            throw e;
        }
    }

    /**
     * Opens a model, and merges adapters into it where the choice names them.
     *
     * @param threads of the CPU backend; ≤ 0: as many as the process may use
     * @throws IOException if model or adapters cannot be read, or do not belong together
     */
    public static LoadedModel open(ModelChoice choice, int threads) throws IOException {
        Kernels kernels = Backends.open(choice.backend(), BackendOptions.DEFAULT.withThreads(threads));
        LoadedModel model = open(Path.of(choice.model()), kernels);
        try {
            if (choice.adapter() != null) {
                model.mergeIn(Path.of(choice.adapter()), choice.alpha());
            }
            return model;
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** What the model computes with. */
    public Kernels kernels() {
        return kernels;
    }

    /** The file it was read from. */
    public ClipFile file() {
        return file;
    }

    /** Geometry. */
    public ClipConfig config() {
        return file.config();
    }

    /** The frozen weights, merged if {@link #mergeIn} was called. */
    public ClipParameters weights() {
        return weights;
    }

    /** The model over {@link #weights}. */
    public ClipModel model() {
        ClipModel present = model;
        if (present == null) {
            present = new ClipModel(kernels, weights, DType.F32, null);
            model = present;
        }
        return present;
    }

    /**
     * The tokenizer beside the weights.
     *
     * @throws VocabularyException if there is none, or it is that of another model
     * @throws IOException if it cannot be read
     */
    public Tokenizer tokenizer() throws IOException {
        Tokenizer present = tokenizer;
        if (present == null) {
            ClipConfig.TextTower text = config().text();
            present = Tokenizers.load(path, text.contextLength());
            if (present.vocabularySize() > text.vocabularySize()) {
                throw new VocabularyException("the vocabulary beside " + path + " has " + present.vocabularySize()
                        + " tokens, but the model only " + text.vocabularySize() + "; put the model's own there");
            }
            tokenizer = present;
        }
        return present;
    }

    /**
     * The weights merged with an adapter file; the caller closes them.
     *
     * @param alpha null: the α the file recommends
     * @throws IOException if the file cannot be read, or belongs to another model
     */
    public ClipParameters merged(Path adapter, @Nullable Double alpha) throws IOException {
        return AdapterFiles.merged(kernels, weights, file.sha256(), adapter, alpha);
    }

    /**
     * Tells the present weights, merged or not, from others: {@link WeightsHash#sha256}.
     *
     * @throws IOException never, for the weights are in memory
     */
    public String fingerprint() throws IOException {
        return WeightsHash.sha256(TensorSources.of(ModelCopies.values(weights)));
    }

    /**
     * From now on this is the model merged with an adapter file.
     *
     * @param alpha null: the α the file recommends
     * @throws IllegalStateException if {@link #model} was asked for before
     * @throws IOException if the file cannot be read, or belongs to another model
     */
    public void mergeIn(Path adapter, @Nullable Double alpha) throws IOException {
        if (model != null) {
            throw new IllegalStateException("the model is in use already");
        }
        ClipParameters base = weights;
        weights = merged(adapter, alpha);
        base.close();
    }

    @Override
    public void close() throws IOException {
        if (model != null) {
            model.close();
        }
        weights.close();
        file.close();
        kernels.close();
    }
}
