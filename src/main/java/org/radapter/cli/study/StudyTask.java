package org.radapter.cli.study;

import java.util.List;
import java.util.function.LongFunction;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.image.Augmentation;
import org.radapter.data.Credit;
import org.radapter.data.ImageTextDataset;
import org.radapter.train.CaptionSource;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.FineTuner;

/**
 * What a study learns from and measures with.
 *
 * @param title of the report
 * @param train the images that are learned from
 * @param captions what an image is called in a step, for a seed
 * @param augmentation of the images that are learned from
 * @param templates prompts with {@code {}} for the class name
 * @param tests what is measured, in the order of tables; their classes are those of {@code train}
 * @param credits whose images they are
 */
public record StudyTask(
        String title,
        ImageTextDataset train,
        LongFunction<CaptionSource> captions,
        Augmentation augmentation,
        List<String> templates,
        List<TestSet> tests,
        List<Credit> credits) {
    /**
     * Leaves out test sets without images.
     *
     * @throws IllegalArgumentException if a test set has other classes, or there is nothing to learn from
     */
    public StudyTask {
        templates = List.copyOf(templates);
        tests = tests.stream().filter(test -> !test.parts().isEmpty()).toList();
        credits = List.copyOf(credits);
        if (train.size() == 0) {
            throw new IllegalArgumentException(train.name() + " has no image to learn from");
        }
        for (TestSet test : tests) {
            for (ImageTextDataset part : test.parts()) {
                if (!part.classNames().equals(train.classNames())) {
                    throw new IllegalArgumentException(
                            part.name() + " has other classes than " + train.name() + ", which is learned from");
                }
            }
        }
    }

    /** What one run learns from. */
    FineTuner.Data data(ClipConfig config, long seed) {
        return new FineTuner.Data(
                train, captions.apply(seed), DrawingPreparation.augmented(config, augmentation, 0, seed), templates);
    }
}
