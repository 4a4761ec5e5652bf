package org.radapter.task;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;
import org.radapter.data.DatasetView;
import org.radapter.data.FewShot;
import org.radapter.data.HoldOut;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.emoji.Concept;
import org.radapter.data.emoji.EmojiPrompts;
import org.radapter.data.emoji.EmojiShift;
import org.radapter.data.emoji.IconBenchmark;
import org.radapter.data.emoji.Split;
import org.radapter.task.method.Lesson;
import org.radapter.task.segmentation.SegmentationTask;
import org.radapter.tensor.CounterRandom;
import org.radapter.train.CaptionSource;

/** The paper's tasks on {@link EmojiShift}, and few-shot learning on its icons. */
public final class EmojiTasks {
    /** Learned from all training drawings. */
    public static final String FULL_SHOT = "full-shot";

    /** Name of the few-shot tasks, followed by the number of drawings a class. */
    public static final String FEW_SHOT = "few-shot-";

    /** Name of the few-shot tasks on icons, followed by the number of drawings a class. */
    public static final String ICON_SHOT = "icon-shot-";

    /** Learned from one half of the classes. */
    public static final String BASE_TO_NOVEL = "base-to-novel";

    /** Images and captions that look for each other. */
    public static final String RETRIEVAL = "retrieval";

    /** Scenes of drawings, whose pixels are told apart by words. */
    public static final String SEGMENTATION = "segmentation";

    /** Names of all tasks, in the order of {@link #all}. */
    public static final List<String> NAMES = List.of(
            FULL_SHOT,
            FEW_SHOT + 1,
            FEW_SHOT + 2,
            FEW_SHOT + 3,
            ICON_SHOT + 1,
            ICON_SHOT + 2,
            ICON_SHOT + 4,
            ICON_SHOT + 8,
            ICON_SHOT + 16,
            BASE_TO_NOVEL,
            RETRIEVAL,
            SEGMENTATION);

    private static final long TEMPLATE = CounterRandom.site("emoji task.template");
    private static final long CAPTION = CounterRandom.site("emoji task.caption");
    private static final int SCENES = 120;
    private static final int SEARCH_FOLDS = 3;

    private EmojiTasks() {}

    /** All tasks. */
    public static List<Task> all(EmojiShift emoji) {
        return NAMES.stream().map(name -> of(name, emoji)).toList();
    }

    /**
     * The task of this name.
     *
     * @throws IllegalArgumentException naming all, if there is none
     */
    public static Task of(String name, EmojiShift emoji) {
        if (name.startsWith(FEW_SHOT) && NAMES.contains(name)) {
            return fewShot(emoji, Integer.parseInt(name.substring(FEW_SHOT.length())));
        }
        if (name.startsWith(ICON_SHOT) && NAMES.contains(name)) {
            return iconShot(emoji.icons(), Integer.parseInt(name.substring(ICON_SHOT.length())));
        }
        return switch (name) {
            case FULL_SHOT -> fullShot(emoji);
            case BASE_TO_NOVEL -> baseToNovel(emoji);
            case RETRIEVAL -> retrieval(emoji);
            case SEGMENTATION -> segmentation(emoji);
            default ->
                throw new IllegalArgumentException(
                        "there is no task \"" + name + "\"; the tasks are " + String.join(", ", NAMES));
        };
    }

    /**
     * Full-shot learning without a test, for choosing settings: training and validation drawings cut into three parts by
     * (concept, vendor), two to learn from and one to validate with.
     */
    public static Task search(EmojiShift emoji) {
        HoldOut third = emoji.folds(SEARCH_FOLDS).get(0);
        Lesson lesson = lesson(third.train(), third.held());
        return new Classification("search", seed -> lesson, Map.of(), List.of(), EmojiPrompts.templates());
    }

    private static Task fullShot(EmojiShift emoji) {
        Lesson lesson = lesson(emoji.dataset(Split.TRAIN), emoji.dataset(Split.VALIDATION));
        return new Classification(FULL_SHOT, seed -> lesson, shifted(emoji), List.of(), EmojiPrompts.templates());
    }

    /** At most so many drawings a class, chosen by the seed; 400 classes as in full-shot. */
    private static Task fewShot(EmojiShift emoji, int shots) {
        return new Classification(
                FEW_SHOT + shots,
                seed -> lesson(FewShot.of(emoji.dataset(Split.TRAIN), shots, seed), emoji.dataset(Split.VALIDATION)),
                shifted(emoji),
                List.of(),
                EmojiPrompts.templates());
    }

    /** The same of icons, of sets that the shots are of, and of two sets of other looks. */
    private static Task iconShot(IconBenchmark icons, int shots) {
        Map<String, List<ImageTextDataset>> tests = new LinkedHashMap<>();
        tests.put("id", List.of(icons.test()));
        tests.put("far-ood", List.of(icons.pixels(), icons.print()));
        HoldOut heldOut = icons.heldOut();
        return new Classification(
                ICON_SHOT + shots,
                seed -> lesson(FewShot.of(heldOut.train(), shots, seed), heldOut.held()),
                tests,
                List.of(),
                EmojiPrompts.templates());
    }

    /** The first half of the classes is learned from; the other half and the unseen concepts are new. */
    private static Task baseToNovel(EmojiShift emoji) {
        int classes = emoji.downstream().size();
        int half = classes / 2;
        Lesson lesson = lesson(
                DatasetView.classes(emoji.dataset(Split.TRAIN), "train, base classes", 0, half),
                DatasetView.classes(emoji.dataset(Split.VALIDATION), "validation, base classes", 0, half));
        ImageTextDataset test = emoji.dataset(Split.ID_TEST);
        Map<String, List<ImageTextDataset>> tests = new LinkedHashMap<>();
        tests.put("base", List.of(DatasetView.classes(test, "test, base classes", 0, half)));
        tests.put("novel", List.of(DatasetView.classes(test, "test, novel classes", half, classes)));
        tests.put("hard-novel", List.of(emoji.unseen()));
        return new Classification(
                BASE_TO_NOVEL, seed -> lesson, tests, List.of("base", "novel"), EmojiPrompts.templates());
    }

    /** Learned from training drawings with one of their captions in each step. */
    private static Task retrieval(EmojiShift emoji) {
        List<List<String>> captions =
                emoji.downstream().stream().map(EmojiTasks::captions).toList();
        ImageTextDataset train = emoji.dataset(Split.TRAIN);
        LongFunction<CaptionSource> source = seed -> {
            CounterRandom random = new CounterRandom(seed);
            return (index, step, sample) -> {
                List<String> own = captions.get(train.label(index));
                return own.get(random.integer(step, CAPTION, sample, own.size()));
            };
        };
        Lesson lesson = new Lesson(train, emoji.dataset(Split.VALIDATION), source, EmojiPrompts.templates(), true);
        return new RetrievalTask(RETRIEVAL, lesson, captions, shifted(emoji));
    }

    /** Scenes of drawings in the styles trained on, and of the styles far from them. */
    private static Task segmentation(EmojiShift emoji) {
        Map<String, List<ImageTextDataset>> tests = shifted(emoji);
        tests.remove("near-ood");
        return new SegmentationTask(
                SEGMENTATION,
                emoji.dataset(Split.TRAIN),
                emoji.dataset(Split.VALIDATION),
                tests,
                SCENES,
                EmojiPrompts.templates(),
                EmojiTasks::classTemplates);
    }

    /**
     * Up to five captions of a concept: its label, a sentence, the label with keywords, and two keywords alone, which
     * other concepts may share.
     */
    static List<String> captions(Concept concept) {
        List<String> keywords = concept.keywords();
        Set<String> captions = new LinkedHashSet<>(List.of(concept.label(), "an emoji of " + concept.label()));
        if (!keywords.isEmpty()) {
            captions.add(concept.label() + ", " + String.join(", ", keywords.subList(0, Math.min(3, keywords.size()))));
            captions.addAll(keywords.subList(0, Math.min(2, keywords.size())));
        }
        return List.copyOf(captions);
    }

    private static Map<String, List<ImageTextDataset>> shifted(EmojiShift emoji) {
        Map<String, List<ImageTextDataset>> tests = new LinkedHashMap<>();
        tests.put("id", List.of(emoji.dataset(Split.ID_TEST)));
        tests.put("near-ood", List.of(emoji.dataset(Split.THREE_D), emoji.dataset(Split.FXEMOJI)));
        tests.put("far-ood", List.of(emoji.dataset(Split.MONO), emoji.dataset(Split.STREAMLINE)));
        return tests;
    }

    private static Lesson lesson(ImageTextDataset train, ImageTextDataset validation) {
        return new Lesson(train, validation, classTemplates(train), EmojiPrompts.templates());
    }

    /** The class name of an image in a template drawn anew for each step. */
    private static LongFunction<CaptionSource> classTemplates(ImageTextDataset train) {
        List<String> templates = EmojiPrompts.templates();
        return seed -> {
            CounterRandom random = new CounterRandom(seed);
            return (index, step, sample) -> EmojiPrompts.fill(
                    templates.get(random.integer(step, TEMPLATE, sample, templates.size())),
                    train.className(train.label(index)));
        };
    }
}
