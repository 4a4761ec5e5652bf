package org.radapter.cli.study;

import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.radapter.cli.report.SplitInfo;
import org.radapter.clip.image.Augmentation;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.emoji.EmojiPrompts;
import org.radapter.data.emoji.EmojiShift;
import org.radapter.data.emoji.Split;
import org.radapter.tensor.CounterRandom;
import org.radapter.train.CaptionSource;

/** EmojiShift as a task: learned in five styles of drawing, measured in these and in others. */
public final class EmojiTask {
    private static final long TEMPLATE = CounterRandom.site("study.template");

    private static final SplitInfo ID = new SplitInfo("id", "ID", SplitInfo.Role.ID, "styles trained on");
    private static final SplitInfo NEAR = new SplitInfo(
            "near-ood", "near OOD", SplitInfo.Role.NEAR_OOD, "shaded solids, and flat colour by a vendor never seen");
    private static final SplitInfo FAR = new SplitInfo(
            "far-ood", "far OOD", SplitInfo.Role.FAR_OOD, "black drawings, and outlines by a vendor never seen");
    private static final SplitInfo VALIDATION =
            new SplitInfo("validation", "validation", SplitInfo.Role.ID, "styles trained on, for choosing settings");

    private EmojiTask() {}

    /** The task with its test sets. */
    public static StudyTask tested(EmojiShift emoji) {
        return task(
                emoji.dataset(Split.TRAIN),
                List.of(
                        test(ID, emoji, Split.ID_TEST),
                        test(NEAR, emoji, Split.THREE_D, Split.FXEMOJI),
                        test(FAR, emoji, Split.MONO, Split.STREAMLINE)));
    }

    /**
     * Training and validation drawings as tasks of cross-validation: all that settings may be chosen on.
     *
     * @param folds number of tasks, at least 2
     * @throws IllegalArgumentException if there are too few drawings for so many
     */
    public static List<StudyTask> folds(EmojiShift emoji, int folds) {
        return emoji.folds(folds).stream()
                .map(fold -> task(fold.train(), List.of(new TestSet(VALIDATION, List.of(fold.held())))))
                .toList();
    }

    private static StudyTask task(ImageTextDataset train, List<TestSet> tests) {
        LongFunction<CaptionSource> captions = seed -> captions(train, new CounterRandom(seed));
        return new StudyTask(
                "EmojiShift",
                train,
                captions,
                Augmentation.LIGHT,
                EmojiPrompts.templates(),
                tests,
                EmojiShift.credits());
    }

    private static TestSet test(SplitInfo info, EmojiShift emoji, Split... splits) {
        return new TestSet(info, Stream.of(splits).map(emoji::dataset).toList());
    }

    /** The class name of an image in a template drawn anew for each step. */
    private static CaptionSource captions(ImageTextDataset train, CounterRandom random) {
        List<String> templates = EmojiPrompts.templates();
        return (index, step, sample) -> EmojiPrompts.fill(
                templates.get(random.integer(step, TEMPLATE, sample, templates.size())),
                train.className(train.label(index)));
    }
}
