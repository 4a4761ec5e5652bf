package org.radapter.train;

import org.radapter.clip.ClipConfig;
import org.radapter.clip.image.Augmentation;
import org.radapter.optim.Schedule;

/**
 * Everything that decides a pre-training run besides its data.
 *
 * @param config geometry of the model
 * @param schedule learning rate and steps
 * @param weightDecay of matrices
 * @param averageDecay of the moving average, which is the result
 * @param batch pairs in a step
 * @param augmentation at full strength
 * @param rampSteps steps until the augmentation has full strength
 * @param seed of every random choice
 */
public record PretrainSettings(
        ClipConfig config,
        Schedule schedule,
        double weightDecay,
        double averageDecay,
        int batch,
        Augmentation augmentation,
        int rampSteps,
        long seed) {}
