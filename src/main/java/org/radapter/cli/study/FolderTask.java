package org.radapter.cli.study;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.SplitInfo;
import org.radapter.clip.image.Augmentation;
import org.radapter.data.DataException;
import org.radapter.data.DatasetView;
import org.radapter.data.FolderDataset;
import org.radapter.data.Folds;
import org.radapter.data.HoldOut;
import org.radapter.data.ImageTextDataset;
import org.radapter.tensor.CounterRandom;
import org.radapter.train.CaptionSource;

/**
 * A user's own images as a task.
 *
 * @param folder images to learn from: one folder a class, or see {@code captions}
 * @param captions a CSV file of captions for the images in {@code folder}; null for none, or {@code captions.csv} there
 * @param test images like them to measure with, in folders of classes; null to hold some of {@code folder} out
 * @param holdOut share of each class held out where there is no {@code test}, in [0, 1)
 * @param shifted images unlike them to measure with, by name, in folders of classes
 * @param templates prompts with {@code {}} for the class name
 */
public record FolderTask(
        Path folder,
        @Nullable Path captions,
        @Nullable Path test,
        double holdOut,
        Map<String, Path> shifted,
        List<String> templates) {
    private static final long CAPTION = CounterRandom.site("finetune.caption");

    /**
     * Opens the folders.
     *
     * @throws org.radapter.data.DataException if one is missing or not as it must be
     * @throws IllegalArgumentException if a template has no {@code {}}
     */
    public StudyTask open() {
        FolderDataset all = images();
        boolean isHeldOut = test == null && !all.classNames().isEmpty();
        HoldOut parts = HoldOut.of(all, isHeldOut ? holdOut : 0, all::relativeName);
        List<TestSet> tests = new ArrayList<>();
        if (isHeldOut) {
            tests.add(id(parts.held(), "held out of training"));
        } else if (test != null) {
            tests.add(id(among(test, all), test.toString()));
        }
        shifted.forEach((name, images) -> tests.add(new TestSet(
                new SplitInfo(name, name, SplitInfo.Role.FAR_OOD, images.toString()), List.of(among(images, all)))));
        return task(parts.train(), all.hasCaptions(), tests);
    }

    /**
     * The images in {@code folder} as tasks of cross-validation; {@code test}, {@code holdOut} and {@code shifted} are
     * left alone.
     *
     * @param folds number of tasks, at least 2
     * @throws org.radapter.data.DataException if the folder is missing or not as it must be, or there are no classes to
     *     measure
     * @throws IllegalArgumentException if a template has no {@code {}}, or there are too few images for so many folds
     */
    public List<StudyTask> folds(int folds) {
        FolderDataset all = images();
        if (all.classNames().isEmpty()) {
            throw new DataException(
                    folder + " has captions without labels; cross-validation measures classes, so give each a label");
        }
        return Folds.of(all, folds, all::relativeName).stream()
                .map(fold -> task(fold.train(), all.hasCaptions(), List.of(id(fold.held(), "held out in turn"))))
                .toList();
    }

    private FolderDataset images() {
        for (String template : templates) {
            if (!template.contains("{}")) {
                throw new IllegalArgumentException("the template \"" + template + "\" has no {} for the class name");
            }
        }
        return captions == null ? FolderDataset.open(folder) : FolderDataset.withCaptions(folder, captions);
    }

    private StudyTask task(ImageTextDataset train, boolean hasCaptions, List<TestSet> tests) {
        return new StudyTask(
                "Fine-tuning on " + folder.getFileName(),
                train,
                captionsOf(train, hasCaptions),
                Augmentation.LIGHT,
                templates,
                tests,
                List.of());
    }

    private static TestSet id(ImageTextDataset images, String description) {
        return new TestSet(new SplitInfo("id", "ID", SplitInfo.Role.ID, description), List.of(images));
    }

    private static ImageTextDataset among(Path images, ImageTextDataset trained) {
        return DatasetView.amongClasses(FolderDataset.open(images), trained.classNames());
    }

    /** Classes go into a template, captions are taken as they are; which one is drawn anew for each step. */
    private LongFunction<CaptionSource> captionsOf(ImageTextDataset train, boolean hasCaptions) {
        return seed -> {
            CounterRandom random = new CounterRandom(seed);
            return (index, step, sample) -> {
                List<String> choices = hasCaptions ? train.captions(index) : templates;
                String choice = choices.get(random.integer(step, CAPTION, sample, choices.size()));
                return hasCaptions ? choice : choice.replace("{}", train.className(train.label(index)));
            };
        };
    }
}
