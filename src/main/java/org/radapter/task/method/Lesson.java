package org.radapter.task.method;

import java.util.List;
import java.util.function.LongFunction;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.image.Augmentation;
import org.radapter.data.ImageTextDataset;
import org.radapter.train.CaptionSource;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.FineTuner;

/**
 * All that a method may see before it is measured.
 *
 * @param train images to learn from
 * @param validation images like them for choosing α and other constants; never a test image
 * @param captions what a training image is called in a step, for a seed
 * @param templates prompts with {@code {}} for the class name
 * @param captioned whether images are learned with captions, of which classes are no summary
 */
public record Lesson(
        ImageTextDataset train,
        ImageTextDataset validation,
        LongFunction<CaptionSource> captions,
        List<String> templates,
        boolean captioned) {
    /**
     * Checks that both sets speak of the same classes.
     *
     * @throws IllegalArgumentException if they do not
     */
    public Lesson {
        templates = List.copyOf(templates);
        if (!train.classNames().equals(validation.classNames())) {
            throw new IllegalArgumentException(validation.name() + " has other classes than " + train.name()
                    + ", for which it is to choose settings");
        }
    }

    /** A lesson of classes. */
    public Lesson(
            ImageTextDataset train,
            ImageTextDataset validation,
            LongFunction<CaptionSource> captions,
            List<String> templates) {
        this(train, validation, captions, templates, false);
    }

    /** What a trainer of towers learns from: lightly augmented images, captions drawn anew in each step. */
    FineTuner.Data data(ClipConfig config, long seed) {
        return new FineTuner.Data(
                train,
                captions.apply(seed),
                DrawingPreparation.augmented(config, Augmentation.LIGHT, 0, seed),
                templates);
    }
}
