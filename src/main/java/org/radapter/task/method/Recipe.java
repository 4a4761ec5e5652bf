package org.radapter.task.method;

import java.io.IOException;

/** A method with its settings, under the name it has in tables. */
public interface Recipe {
    /** Lower case, words joined by hyphens. */
    String name();

    /**
     * Learns from a lesson alone.
     *
     * @param seed of every random choice
     * @return what was learned, which the caller closes before the bench
     * @throws IOException never in practice: nothing is read from a file
     * @throws IllegalArgumentException if the method cannot learn from such a lesson
     */
    Learned learn(Bench bench, Lesson lesson, long seed) throws IOException;
}
