package org.radapter.train;

import java.io.IOException;
import java.util.List;

/**
 * Work on more images than one machine takes. Images are a folder and all below it, or, where the name ends in {@code
 * .parquet}, Parquet files with the columns {@code path}, {@code label} and {@code content}; names may be those of a file
 * system that all machines reach. The output is a folder of Parquet files; rows that are in it are not computed again, so
 * that what was stopped is gone on with by the same call.
 *
 * <p>An image that cannot be decoded is a row with an error, and no failure.
 */
public interface BulkWork extends AutoCloseable {
    /**
     * What a job left.
     *
     * @param images rows in the output
     * @param found those that were there when the job began
     * @param unreadable those with an error
     */
    record Outcome(long images, long found, long unreadable) {}

    /**
     * A model to measure.
     *
     * @param name as the results are to call it
     * @param templates sentences with {@code {}} for the class name
     */
    record Setting(String name, ModelChoice model, List<String> templates) {}

    /**
     * Images to measure with; the classes are their labels, or the names of the folders they lie in.
     *
     * @param name as the results are to call it
     */
    record Split(String name, String images) {}

    /**
     * Zero-shot accuracy of a setting on a split.
     *
     * @param images that could be decoded
     * @param right those of them that were classified rightly
     * @param unreadable the others
     */
    record Score(String setting, String split, long images, long right, long unreadable) {
        /** Share classified rightly, in [0, 1]; not a number where there is no image. */
        public double accuracy() {
            return (double) right / images;
        }
    }

    /**
     * Unit vectors: rows of {@code path string, label string, embedding array<float>, error string}.
     *
     * @throws IOException if the model cannot be read, or the output is that of other settings
     */
    Outcome embed(ModelChoice model, String images, String output) throws IOException;

    /**
     * Zero-shot classes: rows of {@code path string, label string, probability double, embedding array<float>, error
     * string}, where the label is the one that fits best and the probability its softmax over all.
     *
     * @param templates sentences with {@code {}} for the label
     * @throws IOException if the model cannot be read, or the output is that of other settings
     */
    Outcome classify(ModelChoice model, List<String> labels, List<String> templates, String images, String output)
            throws IOException;

    /**
     * Measures every setting on every split, as one job: rows of {@code setting string, split string, path string, label
     * string, predicted string, error string}. Settings or splits may be added in a later call.
     *
     * @return one score for each setting and split, in their order
     * @throws IOException if a model cannot be read, or the output is that of other settings
     * @throws IllegalArgumentException if two settings or splits have one name, or images have no label
     */
    List<Score> evaluate(List<Setting> settings, List<Split> splits, String output) throws IOException;

    @Override
    void close();
}
