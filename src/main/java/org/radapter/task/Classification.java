package org.radapter.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.radapter.data.ImageTextDataset;
import org.radapter.task.method.Lesson;
import org.radapter.task.method.Recogniser;

/**
 * Telling classes apart, in distribution and out: full-shot, few-shot, and from base classes to novel ones, which are
 * splits with classes of their own.
 *
 * @param name of the task
 * @param lessons what is learned from, by seed
 * @param tests data sets of each split, pooled; the classes of one split are the same in all its sets
 * @param harmonic names of two splits whose harmonic mean is a figure too, or nothing
 */
public record Classification(
        String name,
        LongFunction<Lesson> lessons,
        Map<String, List<ImageTextDataset>> tests,
        List<String> harmonic,
        List<String> templates)
        implements Task {
    /** Name of the split of the harmonic mean. */
    public static final String HARMONIC_MEAN = "harmonic-mean";

    /**
     * Checks the splits.
     *
     * @throws IllegalArgumentException if the harmonic mean is of splits that are not there, or a split has no image
     */
    public Classification {
        harmonic = List.copyOf(harmonic);
        templates = List.copyOf(templates);
        if (!harmonic.isEmpty() && (harmonic.size() != 2 || !tests.keySet().containsAll(harmonic))) {
            throw new IllegalArgumentException(
                    "a harmonic mean needs two of the splits " + tests.keySet() + ", not " + harmonic);
        }
        tests.forEach((split, parts) -> {
            if (parts.stream().allMatch(part -> part.size() == 0)) {
                throw new IllegalArgumentException("the split \"" + split + "\" of " + name + " has no image");
            }
        });
    }

    @Override
    public Lesson lesson(long seed) {
        return lessons.apply(seed);
    }

    @Override
    public Score validate(Recogniser model, Lesson lesson) {
        return Accuracy.of(model, VALIDATION, List.of(lesson.validation()), templates)
                .top1();
    }

    @Override
    public List<Score> measure(Recogniser model) {
        List<Score> scores = new ArrayList<>();
        tests.forEach((split, parts) -> {
            Accuracy accuracy = Accuracy.of(model, split, parts, templates);
            scores.add(accuracy.top1());
            scores.add(accuracy.calibrationError());
        });
        if (!harmonic.isEmpty()) {
            double mean = harmonicMean(value(scores, harmonic.get(0)), value(scores, harmonic.get(1)));
            scores.add(Score.of(HARMONIC_MEAN, Accuracy.TOP_1, mean));
        }
        return scores;
    }

    private static double value(List<Score> scores, String split) {
        return scores.stream()
                .filter(score -> score.split().equals(split) && score.metric().equals(Accuracy.TOP_1))
                .mapToDouble(Score::value)
                .findFirst()
                .orElseThrow();
    }

    /** {@code 2ab / (a + b)}; 0 where both are. */
    static double harmonicMean(double a, double b) {
        return a + b == 0 ? 0 : 2 * a * b / (a + b);
    }
}
