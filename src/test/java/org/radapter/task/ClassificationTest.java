package org.radapter.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.radapter.data.DatasetView;
import org.radapter.data.ImageTextDataset;
import org.radapter.task.method.Lesson;
import org.radapter.task.method.Recogniser;
import org.radapter.train.TinyDrawings;

class ClassificationTest {
    private static final ImageTextDataset DRAWINGS = new TinyDrawings();
    private static final ImageTextDataset FIRST_SEVEN =
            DatasetView.select(DRAWINGS, "seven", List.of(0, 1, 2, 3, 4, 5, 6));

    /** Says class 0 of every image. */
    private static class AlwaysTheFirst implements Recogniser {
        @Override
        public float[][] images(ImageTextDataset images) {
            return new float[images.size()][1];
        }

        @Override
        public float[][] texts(List<String> texts) {
            return new float[texts.size()][1];
        }

        @Override
        public Classifier classes(List<String> classNames, List<String> templates) {
            return image -> {
                double[] logits = new double[classNames.size()];
                logits[0] = 1;
                return logits;
            };
        }

        @Override
        public void close() {}
    }

    private static Classification task(List<String> harmonic) {
        Lesson lesson = new Lesson(DRAWINGS, DRAWINGS, seed -> (i, step, sample) -> "", List.of("{}"));
        return new Classification(
                "tiny",
                seed -> lesson,
                Map.of("some", List.of(FIRST_SEVEN), "all", List.of(DRAWINGS, FIRST_SEVEN)),
                harmonic,
                List.of("{}"));
    }

    /** No image is left out, whatever the number: 3 of 7 are of the first class, 10 of 30. */
    @Test
    void everyImageCounts() {
        List<Score> scores = task(List.of()).measure(new AlwaysTheFirst());
        assertThat(scores).hasSize(4);
        for (Score score : scores) {
            if (score.metric().equals("ece")) {
                continue;
            }
            assertThat(score.metric()).isEqualTo("top-1");
            boolean some = score.split().equals("some");
            assertThat(score.value()).isEqualTo(some ? 3 / 7.0 : 13 / 37.0);
            assertThat(score.items()).hasSize(some ? 7 : 37);
            assertThat(score.items()[0]).isTrue();
            assertThat(score.items()[1]).isFalse();
        }
    }

    @Test
    void theHarmonicMeanIsOneFigureMore() {
        List<Score> scores = task(List.of("some", "all")).measure(new AlwaysTheFirst());
        assertThat(scores).hasSize(5);
        assertThat(scores.get(4).split()).isEqualTo("harmonic-mean");
        assertThat(scores.get(4).value()).isCloseTo(2 / (7 / 3.0 + 37 / 13.0), within(1e-12));
        assertThat(Classification.harmonicMean(0, 0)).isZero();
    }

    /** One logit of 1 among zeros: a confidence of e / (e + 2) for every image. */
    @Test
    void theCalibrationErrorIsThatOfTheModelsOwnConfidences() {
        List<Score> scores = task(List.of()).measure(new AlwaysTheFirst());
        double confidence = Math.E / (Math.E + 2);
        assertThat(scores)
                .filteredOn(score -> score.metric().equals("ece"))
                .hasSize(2)
                .allSatisfy(score -> assertThat(score.value())
                        .isCloseTo(confidence - (score.split().equals("some") ? 3 / 7.0 : 13 / 37.0), within(1e-12)));
    }

    /**
     * Words that were found on a test, or others for one split than for another, would leak what is measured into the
     * model: whatever is measured, a class is asked for by the templates of the lesson.
     */
    @Test
    void everySplitIsAskedForInTheTemplatesOfTheLesson() {
        List<List<String>> asked = new ArrayList<>();
        Recogniser spy = new AlwaysTheFirst() {
            @Override
            public Classifier classes(List<String> classNames, List<String> templates) {
                asked.add(templates);
                return super.classes(classNames, templates);
            }
        };
        Classification task = task(List.of("some", "all"));
        Lesson lesson = task.lesson(1);
        assertThat(task.validate(spy, lesson).value()).isPositive();
        assertThat(task.measure(spy)).isNotEmpty();
        assertThat(asked).hasSize(3).containsOnly(lesson.templates());
    }

    @Test
    void unknownSplitsOfAHarmonicMeanAreRefused() {
        assertThatThrownBy(() -> task(List.of("some", "none")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("none");
    }

    @Test
    void validationHasTheClassesOfTraining() {
        ImageTextDataset two = DatasetView.classes(DRAWINGS, "two classes", 0, 2);
        assertThatThrownBy(() -> new Lesson(DRAWINGS, two, seed -> (i, step, sample) -> "", List.of("{}")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two classes");
    }
}
