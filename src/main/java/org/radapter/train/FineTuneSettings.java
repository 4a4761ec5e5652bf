package org.radapter.train;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.Dropping;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.Schedule;
import org.radapter.tensor.DType;

/**
 * Everything that decides a fine-tuning run besides model and data.
 *
 * @param method how
 * @param adapter kind of adapters, and rank of {@link Method#LORA}; not used by {@link Method#FULL}
 * @param dropping adapter dropping
 * @param schedule learning rate and steps
 * @param optimizer AdamW, clipping, averaging
 * @param weightDecay of trained matrices; only {@link Method#FULL}
 * @param biasCorrected whether the start's share is taken out of the average when it is read
 * @param batch pairs in a step
 * @param loss what is minimised
 * @param multiplePositives whether all pairs of one class are positives of one another; else, as in InfoNCE, each pair
 *     has but itself. Not used by cross-entropy
 * @param margin δ of MPM-NCE
 * @param smoothing ε of MPM-NCE, or of cross-entropy
 * @param alpha α the result is merged at by default
 * @param seed of every random choice
 * @param shards K, 0 to choose; see {@link TrainSettings}
 * @param activations type of activations
 * @param activationBytes most memory for kept activations; it changes no result
 * @param fixedShapes whether steps are the same whatever is in the batch, and repeated from a recording; see
 *     {@link TrainSettings}
 * @param distillation λ, how much adapted vectors are kept near those without adapters; 0: not at all. Only adapters
 *     that can be merged
 * @param learnedHead whether the class vectors of cross-entropy learn with the weights, as linear heads do; else they stay.
 *     Only {@link Method#FULL}
 */
public record FineTuneSettings(
        Method method,
        AdapterConfig adapter,
        Dropping dropping,
        Schedule schedule,
        AdamWEma.Settings optimizer,
        double weightDecay,
        boolean biasCorrected,
        int batch,
        Loss loss,
        boolean multiplePositives,
        double margin,
        double smoothing,
        double alpha,
        long seed,
        int shards,
        DType activations,
        long activationBytes,
        boolean fixedShapes,
        double distillation,
        boolean learnedHead)
        implements Serializable {
    private static final long serialVersionUID = 1;

    /**
     * What activations may take where nothing else is said. A batch of 128 on a ViT-B/16 would keep 16 GiB; on such models
     * a second forward pass costs less than swapping.
     */
    public static final long ACTIVATION_BYTES = 4L << 30;

    /** Checks the settings. */
    public FineTuneSettings {
        if (batch < 1) {
            throw new IllegalArgumentException("a batch has at least one pair, not " + batch);
        }
        if (!Double.isFinite(alpha)) {
            throw new IllegalArgumentException("alpha must be finite, got " + alpha);
        }
        if (!method.usesAdapters() && activations == DType.BF16) {
            throw new IllegalArgumentException(method.title() + " runs in F32; BF16 is for adapters");
        }
        if (method == Method.LORA && adapter.rank() < 1) {
            throw new IllegalArgumentException("LoRA needs a rank of at least 1, such as 4");
        }
        if (distillation != 0 && !(method.usesAdapters() && adapter.isMergeable())) {
            throw new IllegalArgumentException("distillation keeps linear adapters near the model without them; take "
                    + Method.R_ADAPTER.label() + " or no distillation");
        }
        if (learnedHead && !(method == Method.FULL && loss == Loss.CROSS_ENTROPY)) {
            throw new IllegalArgumentException("a head that learns belongs to " + Method.FULL.label() + " by "
                    + Loss.CROSS_ENTROPY.label() + "; adapters and captions keep the texts' vectors");
        }
        boolean plain = method == Method.PLAIN_ADAPTER
                && dropping.probability() == 0
                && optimizer.averageDecay() == 0
                && !biasCorrected;
        if (!adapter.isMergeable() && !plain) {
            throw new IllegalArgumentException("adapters with a non-linearity are neither dropped nor averaged; take "
                    + Method.PLAIN_ADAPTER.label());
        }
    }

    /**
     * R-Adapter: the paper's settings, but for what a short run on a small data set needs. The average reaches back over
     * a third of the run, at most as far as the paper's.
     *
     * @param steps of the run, at least 1
     */
    public static FineTuneSettings rAdapter(int steps, long seed) {
        return new Builder(Method.R_ADAPTER, 5e-4, steps, seed)
                .dropping(Dropping.PAPER)
                .averageDecay(Math.max(0, Math.min(AdamWEma.Settings.PAPER.averageDecay(), 1 - 3.0 / steps)))
                .alpha(.5)
                .build();
    }

    /** A plain adapter for comparison: no dropping, no average, cross-entropy, merged as it is. */
    public static FineTuneSettings plainAdapter(int steps, long seed) {
        return new Builder(Method.PLAIN_ADAPTER, 1e-3, steps, seed)
                .loss(Loss.CROSS_ENTROPY)
                .margin(0)
                .smoothing(0)
                .build();
    }

    /** Full fine-tuning of both towers for comparison. */
    public static FineTuneSettings full(int steps, long seed) {
        return new Builder(Method.FULL, 3e-4, steps, seed).build();
    }

    /** LoRA of rank 4 for comparison. */
    public static FineTuneSettings lora(int steps, long seed) {
        return new Builder(Method.LORA, 2e-3, steps, seed)
                .adapter(new AdapterConfig(4, 1, false))
                .build();
    }

    /** The settings of a method that {@code method}'s own factory gives. */
    public static FineTuneSettings of(Method method, int steps, long seed) {
        return switch (method) {
            case R_ADAPTER -> rAdapter(steps, seed);
            case PLAIN_ADAPTER -> plainAdapter(steps, seed);
            case FULL -> full(steps, seed);
            case LORA -> lora(steps, seed);
        };
    }

    /** What the trainer needs of these. */
    public TrainSettings training() {
        return new TrainSettings(
                seed, schedule, optimizer, dropping, shards, activationBytes, true, fixedShapes, distillation);
    }

    /** The same with another seed. */
    public FineTuneSettings withSeed(long other) {
        return toBuilder().seed(other).build();
    }

    /** A builder that begins with these settings. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Every setting that decides the result, by the name it has in files: for metadata, reports and settings files. */
    public Map<String, @Nullable Object> described() {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("method", method.label());
        if (method.usesAdapters()) {
            all.put("rank", (long) adapter.rank());
            if (!adapter.isMergeable()) {
                all.put("adapter_kind", adapter.kind().name().toLowerCase(Locale.ROOT));
            }
            all.put("adapter_scale", adapter.scale());
            all.put("learned_scale", adapter.learnedScale());
            all.put("dropping", dropping.mode().name().toLowerCase(Locale.ROOT));
            all.put("drop_probability", dropping.probability());
        } else if (method == Method.LORA) {
            all.put("rank", (long) adapter.rank());
        } else {
            all.put("weight_decay", weightDecay);
            if (learnedHead) {
                all.put("learned_head", true);
            }
        }
        all.put("steps", (long) schedule.steps());
        all.put("warmup_steps", (long) schedule.warmupSteps());
        all.put("learning_rate", schedule.peak());
        all.put("last_learning_rate", schedule.end());
        all.put("batch", (long) batch);
        all.put("seed", seed);
        all.put("average_decay", optimizer.averageDecay());
        all.put("bias_corrected", biasCorrected);
        all.put("max_norm", optimizer.maxNorm());
        all.put("loss", loss.label());
        all.put("multiple_positives", multiplePositives);
        all.put("margin", margin);
        all.put("smoothing", smoothing);
        all.put("alpha", alpha);
        all.put("shards", (long) training().shardsFor(batch));
        all.put("precision", activations.name().toLowerCase(Locale.ROOT));
        all.put("fixed_shapes", fixedShapes);
        if (distillation != 0) {
            all.put("distillation", distillation);
        }
        return all;
    }

    /** Settings in the making. What is set twice keeps the last value; {@link #build} checks them. */
    public static final class Builder {
        private final Method method;
        private AdapterConfig adapter = AdapterConfig.FULL;
        private Dropping dropping = Dropping.NONE;
        private Schedule schedule;
        private AdamWEma.Settings optimizer = AdamWEma.Settings.PAPER.withAverageDecay(0);
        private double weightDecay;
        private boolean biasCorrected;
        private int batch = 128;
        private Loss loss = Loss.MPM_NCE;
        private boolean multiplePositives = true;
        private double margin = .05;
        private double smoothing = .05;
        private double alpha = 1;
        private long seed;
        private int shards;
        private DType activations = DType.F32;
        private long activationBytes = ACTIVATION_BYTES;
        private boolean fixedShapes;
        private double distillation;
        private boolean learnedHead;

        private Builder(Method method, double learningRate, int steps, long seed) {
            this.method = method;
            this.schedule = new Schedule(learningRate, Schedule.PAPER_END, steps / 20, steps);
            this.seed = seed;
        }

        private Builder(FineTuneSettings from) {
            this.method = from.method;
            this.adapter = from.adapter;
            this.dropping = from.dropping;
            this.schedule = from.schedule;
            this.optimizer = from.optimizer;
            this.weightDecay = from.weightDecay;
            this.biasCorrected = from.biasCorrected;
            this.batch = from.batch;
            this.loss = from.loss;
            this.multiplePositives = from.multiplePositives;
            this.margin = from.margin;
            this.smoothing = from.smoothing;
            this.alpha = from.alpha;
            this.seed = from.seed;
            this.shards = from.shards;
            this.activations = from.activations;
            this.activationBytes = from.activationBytes;
            this.fixedShapes = from.fixedShapes;
            this.distillation = from.distillation;
            this.learnedHead = from.learnedHead;
        }

        /** Kind of adapters. */
        public Builder adapter(AdapterConfig value) {
            this.adapter = value;
            return this;
        }

        /** Adapter dropping. */
        public Builder dropping(Dropping value) {
            this.dropping = value;
            return this;
        }

        /** Learning rate and steps. */
        public Builder schedule(Schedule value) {
            this.schedule = value;
            return this;
        }

        /** Decay of trained matrices, {@link Method#FULL} only. */
        public Builder weightDecay(double value) {
            this.weightDecay = value;
            return this;
        }

        /** Whether the start's share is taken out of the average when it is read. */
        public Builder biasCorrected(boolean value) {
            this.biasCorrected = value;
            return this;
        }

        /** Pairs in a step. */
        public Builder batch(int value) {
            this.batch = value;
            return this;
        }

        /** What is minimised. */
        public Builder loss(Loss value) {
            this.loss = value;
            return this;
        }

        /** Whether all pairs of one class are positives of one another. */
        public Builder multiplePositives(boolean value) {
            this.multiplePositives = value;
            return this;
        }

        /** δ of MPM-NCE. */
        public Builder margin(double value) {
            this.margin = value;
            return this;
        }

        /** ε of MPM-NCE, or of cross-entropy. */
        public Builder smoothing(double value) {
            this.smoothing = value;
            return this;
        }

        /** α the result is merged at by default. */
        public Builder alpha(double value) {
            this.alpha = value;
            return this;
        }

        /** Of every random choice. */
        public Builder seed(long value) {
            this.seed = value;
            return this;
        }

        /** K, 0 to choose. */
        public Builder shards(int value) {
            this.shards = value;
            return this;
        }

        /** Type of activations. */
        public Builder activations(DType value) {
            this.activations = value;
            return this;
        }

        /** Most memory for kept activations, in bytes. */
        public Builder activationBytes(long value) {
            this.activationBytes = value;
            return this;
        }

        /** Whether steps are the same whatever is in the batch. */
        public Builder fixedShapes(boolean value) {
            this.fixedShapes = value;
            return this;
        }

        /** λ of the distance to vectors without adapters, at least 0. */
        public Builder distillation(double value) {
            this.distillation = value;
            return this;
        }

        /** Whether the class vectors of cross-entropy learn, {@link Method#FULL} only. */
        public Builder learnedHead(boolean value) {
            this.learnedHead = value;
            return this;
        }

        /** m of the average, in [0, 1]; 0: the last weights are the result. */
        public Builder averageDecay(double value) {
            this.optimizer = optimizer.withAverageDecay(value);
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException if they contradict each other or one is out of range
         */
        public FineTuneSettings build() {
            return new FineTuneSettings(
                    method,
                    adapter,
                    dropping,
                    schedule,
                    optimizer,
                    weightDecay,
                    biasCorrected,
                    batch,
                    loss,
                    multiplePositives,
                    margin,
                    smoothing,
                    alpha,
                    seed,
                    shards,
                    activations,
                    activationBytes,
                    fixedShapes,
                    distillation,
                    learnedHead);
        }
    }
}
