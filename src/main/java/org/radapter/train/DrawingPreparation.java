package org.radapter.train;

import org.radapter.clip.ClipConfig;
import org.radapter.clip.image.Augmentation;
import org.radapter.clip.image.ImageTransform;
import org.radapter.clip.image.Interpolation;
import org.radapter.clip.image.Normalization;
import org.radapter.clip.image.ResizeMode;
import org.radapter.clip.image.RgbImage;
import org.radapter.clip.image.RgbaImage;
import org.radapter.data.Pixels;
import org.radapter.tensor.CounterRandom;

/** The two ways an image becomes pixels of a model: as it is, and augmented. */
public final class DrawingPreparation {
    private DrawingPreparation() {}

    private static Normalization normalization(ClipConfig config) {
        return new Normalization(
                config.normalization().mean().stream()
                        .mapToDouble(Double::doubleValue)
                        .toArray(),
                config.normalization().std().stream()
                        .mapToDouble(Double::doubleValue)
                        .toArray());
    }

    /** For evaluation: on white, resized and cropped as PIL does. */
    public static ImagePreparation plain(ClipConfig config) {
        ImageTransform transform = new ImageTransform(
                config.image().imageSize(), normalization(config), ResizeMode.SHORTEST, Interpolation.BICUBIC);
        return (image, step, sample, target, offset) ->
                transform.apply(new RgbImage(image.width(), image.height(), image.over(Pixels.WHITE)), target, offset);
    }

    /**
     * For training: augmented, with a strength that grows over the first steps.
     *
     * @param rampSteps steps until full strength; 0: at once
     * @param seed of every random choice
     */
    public static ImagePreparation augmented(ClipConfig config, Augmentation augmentation, int rampSteps, long seed) {
        CounterRandom random = new CounterRandom(seed);
        Normalization normalization = normalization(config);
        int size = config.image().imageSize();
        return (image, step, sample, target, offset) -> {
            double strength = rampSteps == 0 ? 1 : Math.min(1, (double) step / rampSteps);
            augmentation
                    .atStrength(strength)
                    .apply(
                            new RgbaImage(image.width(), image.height(), image.rgba()),
                            random,
                            step,
                            sample,
                            size,
                            normalization,
                            target,
                            offset);
        };
    }
}
