package org.radapter.train;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterParameters;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.data.ImageTextDataset;
import org.radapter.kernels.Kernels;
import org.radapter.loss.CrossEntropy;
import org.radapter.loss.MpmNce;
import org.radapter.loss.Objective;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;
import org.radapter.weights.TensorSources;

/** Fine-tunes a CLIP on a data set with one of the {@link Method}s. */
public final class FineTuner {
    private final Kernels kernels;
    private final ClipParameters base;
    private final Tokenizer tokenizer;
    private final Peers peers;

    /**
     * A tuner of one model.
     *
     * @param base frozen weights, not changed
     * @param tokenizer of the model
     */
    public FineTuner(Kernels kernels, ClipParameters base, Tokenizer tokenizer) {
        this(kernels, base, tokenizer, Peers.alone());
    }

    /**
     * One rank's tuner; every rank has the same model, data and settings, and ends with the same result.
     *
     * @param base frozen weights, not changed
     * @param tokenizer of the model
     */
    public FineTuner(Kernels kernels, ClipParameters base, Tokenizer tokenizer, Peers peers) {
        this.peers = peers;
        this.kernels = kernels;
        this.base = base;
        this.tokenizer = tokenizer;
    }

    /**
     * What is learned from.
     *
     * @param train images with labels or captions
     * @param captions what an image is called in a step
     * @param preparation with the augmentation of training
     * @param templates prompts with {@code {}}, for the head of cross-entropy
     * @param head [classes][embedDim] class vectors for cross-entropy; null for the templates' directions
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Data(
            ImageTextDataset train,
            CaptionSource captions,
            ImagePreparation preparation,
            List<String> templates,
            float @Nullable [][] head) {
        /** With a head of words. */
        public Data(
                ImageTextDataset train, CaptionSource captions, ImagePreparation preparation, List<String> templates) {
            this(train, captions, preparation, templates, null);
        }

        /** The same with class vectors of its own. */
        public Data withHead(float[][] rows) {
            return new Data(train, captions, preparation, templates, rows);
        }
    }

    /**
     * Trains to the end of the schedule, from the newest checkpoint on.
     *
     * @param checkpoint null for none
     * @throws IOException if a checkpoint cannot be read or written
     * @throws IllegalArgumentException if data and settings do not fit
     * @throws RuntimeException if ranks were given different models, data or settings; it names both
     */
    public FineTuned run(
            FineTuneSettings settings,
            Data data,
            @Nullable Checkpoint checkpoint,
            int checkpointEvery,
            TrainingListener listener)
            throws IOException {
        return run(settings, data, new Stretch(settings.schedule().steps(), checkpoint, checkpointEvery, listener));
    }

    /**
     * Trains a part of the schedule, from the newest checkpoint up to a step, and leaves a checkpoint there.
     *
     * @param checkpoint that of {@link Peers#rank} 0 is read and written; the others' may be null
     * @param until number of the step that is not taken any more; at most those of the schedule
     * @throws IOException if a checkpoint cannot be read or written
     * @throws IllegalArgumentException if data and settings do not fit, or {@code until} lies beyond the schedule
     * @throws RuntimeException if ranks were given different models, data or settings; it names both
     */
    public void advance(
            FineTuneSettings settings, Data data, @Nullable Checkpoint checkpoint, int until, TrainingListener listener)
            throws IOException {
        if (until < 1 || until > settings.schedule().steps()) {
            throw new IllegalArgumentException("a run of " + settings.schedule().steps()
                    + " steps goes on to a step from 1 to their number, not " + until);
        }
        run(settings, data, new Stretch(until, checkpoint, until, listener)).close();
    }

    /** Steps up to {@code until}, not included, and who keeps and hears of them. */
    private record Stretch(
            int until, @Nullable Checkpoint checkpoint, int checkpointEvery, TrainingListener listener) {}

    private FineTuned run(FineTuneSettings settings, Data data, Stretch stretch) throws IOException {
        if (peers.world() > 1) {
            peers.requireAgreement(RunFacts.of(kernels, base, settings, data.train()));
        }
        return switch (settings.method()) {
            case R_ADAPTER, PLAIN_ADAPTER -> runAdapters(settings, data, stretch);
            case FULL, LORA -> runWeights(settings, data, stretch);
        };
    }

    private FineTuned runAdapters(FineTuneSettings settings, Data data, Stretch stretch) throws IOException {
        AdapterParameters adapters = new AdapterParameters(
                kernels,
                base.dtype(),
                settings.adapter(),
                ClipModel.adapterSites(base.config(), settings.adapter().kind()),
                settings.seed());
        try (ClipModel model = new ClipModel(kernels, base, settings.activations(), adapters);
                Arena arena = kernels.device().arena("objective")) {
            Objective objective = objective(settings, fixed(head(settings, data), arena));
            long steps;
            try (Trainer trainer = new Trainer(kernels, model, adapters.set(), objective, settings.training(), peers)) {
                train(trainer, settings, data, objective, stretch);
                steps = trainer.optimizer().steps();
            }
            AdapterParameters.BiasCorrection correction = settings.biasCorrected()
                    ? new AdapterParameters.BiasCorrection(settings.optimizer().averageDecay(), steps)
                    : null;
            return FineTuned.adapters(kernels, base, adapters, correction);
        } catch (IOException | RuntimeException e) {
            adapters.close();
            throw e;
        }
    }

    /** All weights, or updates of low rank to some of them. */
    private FineTuned runWeights(FineTuneSettings settings, Data data, Stretch stretch) throws IOException {
        boolean byUpdate = settings.method() == Method.LORA;
        @Nullable ClassHead head = head(settings, data);
        @Nullable ClassHead learned = settings.learnedHead() ? head : null;
        ClipParameters tuned = trainedCopy(byUpdate ? 0 : settings.weightDecay(), learned);
        try (ClipModel model = new ClipModel(kernels, tuned, settings.activations(), null);
                @Nullable LowRankUpdate update = byUpdate ? lowRankUpdate(settings, tuned) : null;
                Arena arena = kernels.device().arena("objective")) {
            Objective objective =
                    objective(settings, learned != null ? learned.begin(tuned.set()) : fixed(head, arena));
            try (Trainer trainer =
                    new Trainer(kernels, model, tuned.set(), update, objective, settings.training(), peers)) {
                train(trainer, settings, data, objective, stretch);
            }
            if (update == null) {
                return FineTuned.weights(kernels, base, tuned, tuned.set().size(), learned);
            }
            update.writeAveraged();
            tuned.set().resetAverages();
            return FineTuned.weights(kernels, base, tuned, update.factors().size(), null);
        } catch (IOException | RuntimeException e) {
            tuned.close();
            throw e;
        }
    }

    private LowRankUpdate lowRankUpdate(FineTuneSettings settings, ClipParameters tuned) {
        return new LowRankUpdate(kernels, base, tuned, settings.adapter().rank(), settings.seed());
    }

    /** A copy to be trained, and with it a head that learns. */
    private ClipParameters trainedCopy(double weightDecay, @Nullable ClassHead learned) throws IOException {
        return ClipParameters.trained(
                kernels,
                base.dtype(),
                base.config(),
                TensorSources.of(ModelCopies.values(base)),
                learned == null ? List.of() : List.of(learned.specification(weightDecay)),
                weightDecay);
    }

    /** The class vectors a run begins with; null if it needs none. */
    private @Nullable ClassHead head(FineTuneSettings settings, Data data) {
        if (settings.loss() != Loss.CROSS_ENTROPY) {
            return null;
        }
        try (ClipModel zeroShot = new ClipModel(kernels, base, settings.activations(), null)) {
            return ClassHead.of(zeroShot, tokenizer, settings, data);
        }
    }

    private @Nullable Parameter fixed(@Nullable ClassHead head, Arena arena) {
        if (head == null) {
            return null;
        }
        Tensor rows =
                arena.allocate(base.dtype(), head.rows().length, base.config().embedDim());
        return Parameter.frozen(CrossEntropy.HEAD, head.writeTo(rows));
    }

    /**
     * What is minimised.
     *
     * @param head the class vectors of cross-entropy; null for MPM-NCE
     */
    private Objective objective(FineTuneSettings settings, @Nullable Parameter head) {
        return head != null
                ? new CrossEntropy(head, settings.smoothing())
                : new MpmNce(
                        base.logitScale(), null, settings.margin(), settings.smoothing(), settings.multiplePositives());
    }

    private void train(Trainer trainer, FineTuneSettings settings, Data data, Objective objective, Stretch stretch)
            throws IOException {
        BatchSource batches = new PairBatches(
                data.train(),
                data.preparation(),
                data.captions(),
                objective.usesTexts() ? tokenizer : null,
                base.config(),
                settings.batch(),
                settings.seed(),
                peers);
        new TrainingLoop(trainer, batches, stretch.until(), stretch.checkpoint(), stretch.checkpointEvery())
                .run(stretch.listener());
    }
}
