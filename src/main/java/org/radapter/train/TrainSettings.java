package org.radapter.train;

import org.radapter.adapter.Dropping;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.Schedule;

/**
 * What decides a training run besides model, data and objective.
 *
 * @param seed of every random choice
 * @param schedule learning rate and number of steps
 * @param optimizer constants of AdamW, clipping and averaging
 * @param dropping adapter dropping
 * @param shards K: parts of a batch whose gradients are added along a fixed tree; 0: the largest power of two ≤
 *     min(8, batch/32), at least 1
 * @param activationBytes most memory for activations kept for the backward pass; beyond it they are computed again
 * @param absorbing whether adapters are absorbed into their projections where that is faster; the results differ by
 *     rounding alone
 * @param fixedShapes whether every step is the same operators on the same tensors, whatever is in the batch: each text is
 *     encoded in full length, equal ones too, and dropped adapters are computed with factor 0. More is computed, but a
 *     process on its own records the step ({@link org.radapter.kernels.Kernels#record}), which a GPU carries out at one call of the host;
 *     the results differ by rounding alone
 * @param distillation λ of {@link Distillation}, which keeps vectors near those without adapters; 0: none
 */
public record TrainSettings(
        long seed,
        Schedule schedule,
        AdamWEma.Settings optimizer,
        Dropping dropping,
        int shards,
        long activationBytes,
        boolean absorbing,
        boolean fixedShapes,
        double distillation) {
    /** Checks the settings. */
    public TrainSettings {
        if (shards < 0) {
            throw new IllegalArgumentException("the number of shards is at least 0 (chosen), got " + shards);
        }
        if (!(distillation >= 0 && distillation < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("distillation is a finite weight of at least 0, got " + distillation);
        }
    }

    /** Settings with shapes that follow the batch. */
    public TrainSettings(
            long seed,
            Schedule schedule,
            AdamWEma.Settings optimizer,
            Dropping dropping,
            int shards,
            long activationBytes,
            boolean absorbing) {
        this(seed, schedule, optimizer, dropping, shards, activationBytes, absorbing, false, 0);
    }

    /** The same with fixed shapes, or with shapes that follow the batch. */
    public TrainSettings withFixedShapes(boolean fixed) {
        return new TrainSettings(
                seed, schedule, optimizer, dropping, shards, activationBytes, absorbing, fixed, distillation);
    }

    /** The same with another weight of distillation. */
    public TrainSettings withDistillation(double weight) {
        return new TrainSettings(
                seed, schedule, optimizer, dropping, shards, activationBytes, absorbing, fixedShapes, weight);
    }

    /** Settings with shards chosen and memory unlimited. */
    public static TrainSettings of(long seed, Schedule schedule, AdamWEma.Settings optimizer, Dropping dropping) {
        return new TrainSettings(seed, schedule, optimizer, dropping, 0, Long.MAX_VALUE, true);
    }

    /** Number of shards of a batch of {@code size}. */
    public int shardsFor(int size) {
        if (shards > 0) {
            return Math.min(shards, size);
        }
        return Math.max(1, Integer.highestOneBit(Math.min(8, size / 32)));
    }
}
