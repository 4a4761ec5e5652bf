package org.radapter.train;

import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.Dropping;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.Schedule;
import org.radapter.tensor.DType;

/**
 * Everything that decides a fine-tuning run besides model and data.
 *
 * @param method how
 * @param adapter kind of adapters; not used by {@link Method#FULL}
 * @param dropping adapter dropping
 * @param schedule learning rate and steps
 * @param optimizer AdamW, clipping, averaging
 * @param weightDecay of trained matrices; only {@link Method#FULL}
 * @param biasCorrected whether the start's share is taken out of the average when it is read
 * @param batch pairs in a step
 * @param margin δ of MPM-NCE
 * @param smoothing ε of MPM-NCE, or of cross-entropy
 * @param alpha α the result is merged at by default
 * @param seed of every random choice
 * @param shards K, 0 to choose; see {@link TrainSettings}
 * @param activations type of activations
 * @param activationBytes most memory for kept activations
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
        double margin,
        double smoothing,
        double alpha,
        long seed,
        int shards,
        DType activations,
        long activationBytes) {
    /** Checks the settings. */
    public FineTuneSettings {
        if (batch < 1) {
            throw new IllegalArgumentException("a batch has at least one pair, not " + batch);
        }
        if (!Double.isFinite(alpha)) {
            throw new IllegalArgumentException("alpha must be finite, got " + alpha);
        }
        if (method == Method.FULL && activations == DType.BF16) {
            throw new IllegalArgumentException("full fine-tuning runs in F32; BF16 is for adapters");
        }
    }

    /** R-Adapter on a small data set: settings of EmojiShift for a short run. */
    public static FineTuneSettings rAdapter(int steps, long seed) {
        return new FineTuneSettings(
                Method.R_ADAPTER,
                new AdapterConfig(0, 1, false),
                Dropping.PAPER,
                new Schedule(5e-4, Schedule.PAPER_END, steps / 20, steps),
                AdamWEma.Settings.PAPER.withAverageDecay(.98),
                0,
                false,
                128,
                .05,
                .05,
                .5,
                seed,
                0,
                DType.F32,
                Long.MAX_VALUE);
    }

    /** A plain adapter for comparison: no dropping, no average, cross-entropy, merged as it is. */
    public static FineTuneSettings plainAdapter(int steps, long seed) {
        return new FineTuneSettings(
                Method.PLAIN_ADAPTER,
                AdapterConfig.FULL,
                Dropping.NONE,
                new Schedule(1e-3, Schedule.PAPER_END, steps / 20, steps),
                AdamWEma.Settings.PAPER.withAverageDecay(0),
                0,
                false,
                128,
                0,
                0,
                1,
                seed,
                0,
                DType.F32,
                Long.MAX_VALUE);
    }

    /** Full fine-tuning of both towers for comparison. */
    public static FineTuneSettings full(int steps, long seed) {
        return new FineTuneSettings(
                Method.FULL,
                AdapterConfig.FULL,
                Dropping.NONE,
                new Schedule(3e-4, Schedule.PAPER_END, steps / 20, steps),
                AdamWEma.Settings.PAPER.withAverageDecay(0),
                0,
                false,
                128,
                .05,
                .05,
                1,
                seed,
                0,
                DType.F32,
                Long.MAX_VALUE);
    }

    /** What the trainer needs of these. */
    public TrainSettings training() {
        return new TrainSettings(seed, schedule, optimizer, dropping, shards, activationBytes);
    }

    /** The same with another seed. */
    public FineTuneSettings withSeed(long other) {
        return new FineTuneSettings(
                method,
                adapter,
                dropping,
                schedule,
                optimizer,
                weightDecay,
                biasCorrected,
                batch,
                margin,
                smoothing,
                alpha,
                other,
                shards,
                activations,
                activationBytes);
    }
}
