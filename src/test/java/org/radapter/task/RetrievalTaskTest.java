package org.radapter.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.radapter.data.DatasetView;
import org.radapter.data.ImageTextDataset;
import org.radapter.task.method.Lesson;
import org.radapter.task.method.Recogniser;
import org.radapter.train.TinyDrawings;

class RetrievalTaskTest {
    private static final ImageTextDataset DRAWINGS = new TinyDrawings();
    private static final List<List<String>> CAPTIONS =
            List.of(List.of("red", "warm"), List.of("green", "cold"), List.of("blue", "cold"));

    /** Sees the true colour of drawings; reads "cold" as green. */
    private static final class Colours implements Recogniser {
        @Override
        public float[][] images(ImageTextDataset images) {
            float[][] vectors = new float[images.size()][3];
            for (int i = 0; i < vectors.length; i++) {
                vectors[i][images.label(i)] = 1;
            }
            return vectors;
        }

        @Override
        public float[][] texts(List<String> texts) {
            float[][] vectors = new float[texts.size()][3];
            for (int i = 0; i < vectors.length; i++) {
                int colour = switch (texts.get(i)) {
                    case "red", "warm" -> 0;
                    case "green", "cold" -> 1;
                    default -> 2;
                };
                vectors[i][colour] = 1;
            }
            return vectors;
        }

        @Override
        public Classifier classes(List<String> classNames, List<String> templates) {
            throw new AssertionError("retrieval has no classes");
        }

        @Override
        public void close() {}
    }

    /** By hand: every image finds a caption of its own first, and every caption an image. */
    @Test
    void imagesOfSeveralSetsAreOneGallery() {
        Lesson lesson = new Lesson(DRAWINGS, DRAWINGS, seed -> (i, step, sample) -> "", List.of("{}"), true);
        ImageTextDataset three = DatasetView.select(DRAWINGS, "three", List.of(0, 1, 2));
        ImageTextDataset two = DatasetView.select(DRAWINGS, "two", List.of(3, 4));
        RetrievalTask task = new RetrievalTask("retrieval", lesson, CAPTIONS, Map.of("id", List.of(three, two)));
        List<Score> scores = task.measure(new Colours());
        assertThat(scores)
                .extracting(Score::metric)
                .containsExactly("i2t-r@1", "i2t-r@5", "i2t-r@10", "t2i-r@1", "t2i-r@5", "t2i-r@10");
        assertThat(scores).extracting(Score::value).containsOnly(1.0);
        Recogniser blind = new Recogniser() {
            @Override
            public float[][] images(ImageTextDataset images) {
                return new float[images.size()][3];
            }

            @Override
            public float[][] texts(List<String> texts) {
                return new float[texts.size()][3];
            }

            @Override
            public Classifier classes(List<String> classNames, List<String> templates) {
                throw new AssertionError("retrieval has no classes");
            }

            @Override
            public void close() {}
        };
        // all alike: five captions of which two are an image's own, so three others come first
        assertThat(task.measure(blind)).extracting(Score::value).startsWith(0.0, 1.0, 1.0);
        assertThat(task.validate(blind, lesson).split()).isEqualTo("validation");
    }
}
