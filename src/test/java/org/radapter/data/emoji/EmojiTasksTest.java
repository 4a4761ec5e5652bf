package org.radapter.data.emoji;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.data.ImageTextDataset;
import org.radapter.task.Classification;
import org.radapter.task.EmojiTasks;
import org.radapter.task.RetrievalTask;
import org.radapter.task.Task;
import org.radapter.task.method.Lesson;
import org.radapter.task.segmentation.SegmentationTask;
import org.radapter.train.CaptionSource;

/** What tasks on emoji let a method see, and what they keep for the test. */
class EmojiTasksTest {
    private static List<Task> tasks = List.of();

    @BeforeAll
    static void make(@TempDir Path folder) throws IOException {
        SyntheticEmoji data = new SyntheticEmoji(folder);
        tasks = EmojiTasks.all(new EmojiShift(data.emojiFile, data.catalog, () -> data.iconFile));
    }

    @Test
    void tasksAreNamedInTheirOrder() {
        assertThat(tasks).extracting(Task::name).containsExactlyElementsOf(EmojiTasks.NAMES);
    }

    /** A concept as drawn by one vendor is one drawing in several styles: twins must not be on two sides. */
    @Test
    void noDrawingNorItsTwinIsLearnedFromAndMeasuredWith() {
        for (Task task : tasks) {
            Lesson lesson = task.lesson(1);
            boolean icons = task.name().startsWith(EmojiTasks.ICON_SHOT);
            Set<String> learned = units(icons, List.of(lesson.train(), lesson.validation()));
            for (List<ImageTextDataset> parts : tests(task)) {
                assertThat(units(icons, parts)).as(task.name()).isNotEmpty().doesNotContainAnyElementsOf(learned);
            }
            assertThat(units(icons, List.of(lesson.validation())))
                    .as(task.name())
                    .isNotEmpty()
                    .doesNotContainAnyElementsOf(units(icons, List.of(lesson.train())));
        }
    }

    /** All that is said of a training drawing is its own class in a template that the test uses too. */
    @Test
    void trainingHearsNoWordsButTheClassAndTheTemplates() {
        for (Task task : tasks) {
            Lesson lesson = task.lesson(1);
            assertThat(lesson.templates()).as(task.name()).isEqualTo(EmojiPrompts.templates());
            if (lesson.captioned()) {
                continue;
            }
            CaptionSource captions = lesson.captions().apply(1);
            for (int i = 0; i < lesson.train().size(); i++) {
                String name = lesson.train().className(lesson.train().label(i));
                assertThat(EmojiPrompts.classTexts(name)).as(task.name()).contains(captions.caption(i, i % 7, i % 5));
            }
        }
    }

    @Test
    void novelClassesAreNotLearned() {
        Task task = task(EmojiTasks.BASE_TO_NOVEL);
        Set<String> learned = new HashSet<>(task.lesson(1).train().classNames());
        assertThat(learned).hasSize(200);
        Classification classification = (Classification) task;
        for (String split : List.of("novel", "hard-novel")) {
            List<String> names = classification.tests().get(split).get(0).classNames();
            assertThat(names).isNotEmpty().doesNotContainAnyElementsOf(learned);
        }
    }

    /** The captions of retrieval are the concept's own words, and more than one image has some of them. */
    @Test
    void retrievalHasCaptionsThatConceptsShare() {
        RetrievalTask task = (RetrievalTask) task(EmojiTasks.RETRIEVAL);
        assertThat(task.captionsOfClass()).hasSize(400).allMatch(captions -> captions.size() == 5);
        assertThat(task.captionsOfClass().get(0))
                .contains("thing")
                .first()
                .isEqualTo(task.lesson(1).train().className(0));
        assertThat(task.lesson(1).captioned()).isTrue();
    }

    @Test
    void shotsAreAsManyAsSaidAndOthersForAnotherSeed() {
        for (Task task : tasks) {
            if (!task.name().contains("-shot-")) {
                continue;
            }
            int shots = Integer.parseInt(task.name().substring(task.name().lastIndexOf('-') + 1));
            ImageTextDataset train = task.lesson(1).train();
            List<Integer> counts =
                    new ArrayList<>(Collections.nCopies(train.classNames().size(), 0));
            for (int i = 0; i < train.size(); i++) {
                counts.set(train.label(i), counts.get(train.label(i)) + 1);
            }
            assertThat(counts)
                    .as(task.name())
                    .allMatch(count -> count <= shots)
                    .anyMatch(count -> count >= Math.min(shots, 4));
            assertThat(sources(train)).isEqualTo(sources(task.lesson(1).train()));
            if (shots == 1) {
                assertThat(sources(train)).isNotEqualTo(sources(task.lesson(2).train()));
            }
        }
    }

    private static Task task(String name) {
        return tasks.stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<List<ImageTextDataset>> tests(Task task) {
        if (task instanceof RetrievalTask retrieval) {
            return List.copyOf(retrieval.galleries().values());
        }
        // scenes are made of the test drawings of full-shot
        Task tested = task instanceof SegmentationTask ? task(EmojiTasks.FULL_SHOT) : task;
        return List.copyOf(((Classification) tested).tests().values());
    }

    private static Set<String> sources(ImageTextDataset images) {
        Set<String> sources = new HashSet<>();
        for (int i = 0; i < images.size(); i++) {
            sources.add(images.source(i));
        }
        return sources;
    }

    /** Concept and vendor of every drawing. */
    private static Set<String> units(boolean icons, List<ImageTextDataset> parts) {
        Set<String> units = new HashSet<>();
        for (ImageTextDataset part : parts) {
            for (int i = 0; i < part.size(); i++) {
                units.add(part.className(part.label(i)) + " by " + maker(icons, part.source(i)));
            }
        }
        return units;
    }

    /** Vendor of an emoji, or set of an icon; both have names such as "fluent". */
    private static String maker(boolean icon, String source) {
        String set = source.substring(0, source.indexOf(':'));
        return icon
                ? IconSet.byId(set).orElseThrow().key()
                : Style.byId(set.split("[^a-z0-9]", 2)[0]).vendor().key();
    }
}
