package org.radapter.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.radapter.data.ImageTextDataset;
import org.radapter.task.method.Lesson;
import org.radapter.task.method.Recogniser;

/**
 * Images and captions that look for each other; see {@link Retrieval}.
 *
 * @param name of the task
 * @param lesson what is learned from
 * @param captionsOfClass captions of each class; every image has those of its class
 * @param galleries images of each split
 */
public record RetrievalTask(
        String name, Lesson lesson, List<List<String>> captionsOfClass, Map<String, List<ImageTextDataset>> galleries)
        implements Task {
    private static final String IMAGE_TO_TEXT = "i2t-r@";
    private static final String TEXT_TO_IMAGE = "t2i-r@";

    /** With the captions copied. */
    public RetrievalTask {
        captionsOfClass = List.copyOf(captionsOfClass);
    }

    @Override
    public Lesson lesson(long seed) {
        return lesson;
    }

    /** R@1 of images that look for captions. */
    @Override
    public Score validate(Recogniser model, Lesson learned) {
        return scores(model, VALIDATION, List.of(learned.validation())).get(0);
    }

    @Override
    public List<Score> measure(Recogniser model) {
        List<Score> scores = new ArrayList<>();
        galleries.forEach((split, parts) -> scores.addAll(scores(model, split, parts)));
        return scores;
    }

    private List<Score> scores(Recogniser model, String split, List<ImageTextDataset> parts) {
        List<float[]> vectors = new ArrayList<>();
        List<List<String>> captions = new ArrayList<>();
        for (ImageTextDataset part : parts) {
            vectors.addAll(List.of(model.images(part)));
            for (int i = 0; i < part.size(); i++) {
                captions.add(captionsOfClass.get(part.label(i)));
            }
        }
        Retrieval.Captions distinct = Retrieval.Captions.of(captions);
        Retrieval found =
                Retrieval.of(vectors.toArray(float[][]::new), model.texts(distinct.texts()), distinct.ofImage());
        List<Score> scores = new ArrayList<>();
        add(scores, split, IMAGE_TO_TEXT, found.imageToText());
        add(scores, split, TEXT_TO_IMAGE, found.textToImage());
        return scores;
    }

    private static void add(List<Score> scores, String split, String metric, List<Double> recalls) {
        for (int k = 0; k < recalls.size(); k++) {
            scores.add(Score.of(split, metric + Retrieval.DEPTHS.get(k), recalls.get(k)));
        }
    }
}
