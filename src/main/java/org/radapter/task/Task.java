package org.radapter.task;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.image.RgbImage;
import org.radapter.task.method.Lesson;
import org.radapter.task.method.Recogniser;

/** Something to learn, and how it is measured. What is learned from and what is measured with share no image. */
public interface Task {
    /** Name of the validation split among the scores. */
    String VALIDATION = "validation";

    /** Lower case, words joined by hyphens. */
    String name();

    /**
     * What may be learned from.
     *
     * @param seed of the choice of images where the task chooses any
     */
    Lesson lesson(long seed);

    /** The figure by which α is chosen, on the lesson's validation images alone; its split is {@link #VALIDATION}. */
    Score validate(Recogniser model, Lesson lesson);

    /** All figures on test images. */
    List<Score> measure(Recogniser model);

    /** Some test images with what a model says of them, for a report; null where figures say it all. */
    default @Nullable RgbImage picture(Recogniser model) {
        return null;
    }
}
