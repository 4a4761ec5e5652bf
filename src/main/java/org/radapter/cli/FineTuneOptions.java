package org.radapter.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipConfig;
import org.radapter.optim.Schedule;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.Loss;
import org.radapter.train.Method;
import org.radapter.train.StepMemory;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How to fine-tune: a method, and what differs from its own settings. */
final class FineTuneOptions {
    private static final long MEBIBYTE = 1 << 20;

    @Option(
            names = "--method",
            defaultValue = "r-adapter",
            paramLabel = "NAME",
            description = "r-adapter (default), plain-adapter (no dropping, no average, cross-entropy), full (all"
                    + " weights) or lora (attention's inputs).")
    private String method = "r-adapter";

    @Option(names = "--steps", defaultValue = "150", paramLabel = "N", description = "Steps (${DEFAULT-VALUE}).")
    private int steps;

    @Option(names = "--batch", paramLabel = "N", description = "Pairs in a step (128).")
    private @Nullable Integer batch;

    @Option(
            names = "--shards",
            paramLabel = "K",
            description = "Parts of a batch that are computed one after the other, or by several ranks (chosen by the"
                    + " size of the batch, 1 to 8). Another number gives other bits.")
    private @Nullable Integer shards;

    @Option(
            names = "--learning-rate",
            paramLabel = "LR",
            description = "Highest learning rate (r-adapter 5e-4, plain-adapter 1e-3, full 3e-4, lora 2e-3).")
    private @Nullable Double learningRate;

    @Option(names = "--warmup", paramLabel = "N", description = "Steps until the highest learning rate (a twentieth).")
    private @Nullable Integer warmup;

    @Option(names = "--weight-decay", paramLabel = "WD", description = "Of matrices, full fine-tuning only (0).")
    private @Nullable Double weightDecay;

    @Option(
            names = "--rank",
            paramLabel = "R",
            description = "Rank of the adapters, or of lora (4); 0 (default): full.")
    private @Nullable Integer rank;

    @Option(
            names = "--adapter-scale",
            paramLabel = "S",
            description = "What the adapters are multiplied by, or begin with if it is learned (1).")
    private @Nullable Double adapterScale;

    @Option(names = "--learn-scale", description = "Train one scale for each adapter.")
    private boolean learnScale;

    @Option(names = "--drop", paramLabel = "P", description = "Probability of dropping an adapter (r-adapter 0.2).")
    private @Nullable Double drop;

    @Option(
            names = "--drop-mode",
            paramLabel = "MODE",
            description = "What is dropped at once: module (default), sample or token-position.")
    private @Nullable String dropMode;

    @Option(
            names = "--average-decay",
            paramLabel = "M",
            description = "Decay of the moving average (r-adapter: 1 - 3/steps, at most 0.999); 0: the last weights.")
    private @Nullable Double averageDecay;

    @Option(names = "--bias-corrected", description = "Take the start's share out of the average.")
    private boolean biasCorrected;

    @Option(
            names = "--loss",
            paramLabel = "NAME",
            description = "mpm-nce or cross-entropy, which needs classes (plain-adapter cross-entropy, else mpm-nce).")
    private @Nullable String loss;

    @Option(
            names = "--single-positives",
            description = "Take each pair as its own only positive, as InfoNCE does, although others show its class.")
    private boolean singlePositives;

    @Option(names = "--margin", paramLabel = "D", description = "Margin of MPM-NCE (0.05).")
    private @Nullable Double margin;

    @Option(
            names = "--distillation",
            paramLabel = "L",
            description = "How much adapted vectors are kept near those without adapters (0; adapters only).")
    private @Nullable Double distillation;

    @Option(names = "--smoothing", paramLabel = "E", description = "Label smoothing (0.05; plain-adapter 0).")
    private @Nullable Double smoothing;

    @Option(
            names = "--alpha",
            paramLabel = "A",
            description = "Share of the fine-tuning in merged.safetensors and in the figures (r-adapter 0.5, else 1).")
    private @Nullable Double alpha;

    @Mixin
    private PrecisionOption precision = new PrecisionOption();

    @Option(
            names = "--fixed-shapes",
            negatable = true,
            description = "Make every step the same whatever is in the batch (texts in full length, dropped adapters"
                    + " computed with factor 0), so that a GPU repeats it from one recording. Default: on a GPU, in one"
                    + " process. The losses differ by rounding.")
    private @Nullable Boolean fixedShapes;

    @Option(
            names = "--activation-memory",
            paramLabel = "MIB",
            description = "Most memory for kept activations; beyond it they are computed again (4096).")
    private @Nullable Long activationMebibytes;

    @Option(
            names = "--memory-limit",
            paramLabel = "MIB",
            description =
                    "Most memory of a step, model and adapters included: activations are kept if they fit, else"
                            + " computed again, shard by shard. The result is the same. What fits is known before the run begins.")
    private @Nullable Long memoryMebibytes;

    /**
     * The settings, within {@code --memory-limit} if there is one.
     *
     * @param recording whether steps can be recorded: they have fixed shapes then, unless an option says otherwise
     * @throws IllegalArgumentException as {@link #settings(long)}, and if the limit cannot be kept
     */
    FineTuneSettings settings(long seed, ClipConfig config, ModelOptions model, boolean recording) {
        FineTuneSettings settings = settings(seed).toBuilder()
                .fixedShapes(or(fixedShapes, recording))
                .build();
        return memoryMebibytes == null
                ? settings
                : new StepMemory(config, model.threads()).within(memoryMebibytes * MEBIBYTE, settings);
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if an option is out of range, or contradicts another
     */
    FineTuneSettings settings(long seed) {
        FineTuneSettings own = FineTuneSettings.of(Method.of(method), steps, seed);
        Schedule schedule = own.schedule();
        double peak = or(learningRate, schedule.peak());
        return own.toBuilder()
                .batch(or(batch, own.batch()))
                .shards(or(shards, own.shards()))
                .schedule(new Schedule(
                        peak, Math.min(peak, schedule.end()), or(warmup, schedule.warmupSteps()), schedule.steps()))
                .weightDecay(or(weightDecay, own.weightDecay()))
                .adapter(new AdapterConfig(
                        or(rank, own.adapter().rank()),
                        or(adapterScale, own.adapter().scale()),
                        learnScale))
                .dropping(new Dropping(
                        mode(own.dropping().mode()), or(drop, own.dropping().probability())))
                .averageDecay(or(averageDecay, own.optimizer().averageDecay()))
                .biasCorrected(biasCorrected)
                .loss(loss == null ? own.loss() : Loss.of(loss))
                .multiplePositives(!singlePositives)
                .margin(or(margin, own.margin()))
                .smoothing(or(smoothing, own.smoothing()))
                .distillation(or(distillation, own.distillation()))
                .alpha(or(alpha, own.alpha()))
                .activations(precision.activations())
                .fixedShapes(or(fixedShapes, false))
                .activationBytes(activationMebibytes == null ? own.activationBytes() : activationMebibytes * MEBIBYTE)
                .build();
    }

    private Dropping.Mode mode(Dropping.Mode own) {
        if (dropMode == null) {
            return own;
        }
        for (Dropping.Mode mode : Dropping.Mode.values()) {
            if (mode.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(dropMode)) {
                return mode;
            }
        }
        throw new IllegalArgumentException("--drop-mode is module, sample or token-position, not \"" + dropMode + "\"");
    }

    private static <T> T or(@Nullable T chosen, T own) {
        return chosen == null ? own : chosen;
    }
}
