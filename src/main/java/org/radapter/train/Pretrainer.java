package org.radapter.train;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.ClipShapes;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.data.ImageTextDataset;
import org.radapter.kernels.Kernels;
import org.radapter.loss.MpmNce;
import org.radapter.optim.AdamWEma;
import org.radapter.tensor.DType;
import org.radapter.tensor.TensorSource;

/**
 * Contrastive pre-training from scratch: both towers and the temperature, every pair of one class a positive. The result
 * is the moving average of the weights.
 */
public final class Pretrainer implements AutoCloseable {
    private final Kernels kernels;
    private final PretrainSettings settings;
    private final ClipParameters weights;
    private final ClipModel model;
    private final Trainer trainer;

    /** A run that starts from random weights. */
    public Pretrainer(Kernels kernels, PretrainSettings settings) {
        this(
                kernels,
                settings,
                ClipParameters.random(kernels, DType.F32, settings.config(), settings.weightDecay(), settings.seed()));
    }

    /**
     * A run that starts from the weights of a model.
     *
     * @param start all weights of {@code settings.config()}
     * @throws IOException if they cannot be read
     */
    public Pretrainer(Kernels kernels, PretrainSettings settings, TensorSource start) throws IOException {
        this(
                kernels,
                settings,
                ClipParameters.trained(kernels, DType.F32, settings.config(), start, settings.weightDecay()));
    }

    private Pretrainer(Kernels kernels, PretrainSettings settings, ClipParameters weights) {
        this.kernels = kernels;
        this.settings = settings;
        this.weights = weights;
        this.model = new ClipModel(kernels, weights, DType.F32, null);
        this.trainer = new Trainer(
                kernels,
                model,
                weights.set(),
                new MpmNce(0, weights.get(ClipShapes.LOGIT_SCALE), 0, 0),
                TrainSettings.of(
                        settings.seed(),
                        settings.schedule(),
                        AdamWEma.Settings.PAPER.withAverageDecay(settings.averageDecay()),
                        Dropping.NONE));
    }

    /**
     * Trains to the end of the schedule, from the newest checkpoint on.
     *
     * @param captions what an image is called in a step
     * @param checkpoint null for none
     * @throws IOException if a checkpoint cannot be read or written
     */
    public void run(
            ImageTextDataset dataset,
            CaptionSource captions,
            Tokenizer tokenizer,
            @Nullable Checkpoint checkpoint,
            int checkpointEvery,
            TrainingListener listener)
            throws IOException {
        BatchSource batches = new PairBatches(
                dataset,
                DrawingPreparation.augmented(
                        settings.config(), settings.augmentation(), settings.rampSteps(), settings.seed()),
                captions,
                tokenizer,
                settings.config(),
                settings.batch(),
                settings.seed());
        new TrainingLoop(trainer, batches, settings.schedule().steps(), checkpoint, checkpointEvery).run(listener);
    }

    /**
     * The averaged weights as they are now, frozen; the caller closes them.
     *
     * @throws IOException never in practice: nothing is read from a file
     */
    public ClipParameters averaged() throws IOException {
        return ModelCopies.frozen(kernels, weights, ModelCopies.averages(weights));
    }

    /** Present 1/τ. */
    public double logitScale() {
        return weights.logitScale();
    }

    /** The trainer, for its counters. */
    public Trainer trainer() {
        return trainer;
    }

    @Override
    public void close() {
        trainer.close();
        model.close();
        weights.close();
    }
}
