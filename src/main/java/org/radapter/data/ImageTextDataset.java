package org.radapter.data;

import java.util.List;

/**
 * Images with captions and class labels. Immutable and thread-safe; images may be decoded on every call.
 *
 * <p>Indices run from 0 to {@link #size} − 1, labels from 0 to the number of class names − 1. A set without classes has
 * no class names and labels of −1.
 */
public interface ImageTextDataset {
    /** What a person would call this set, for reports. */
    String name();

    /** How many images there are. */
    int size();

    /**
     * The image, with its alpha.
     *
     * @throws IndexOutOfBoundsException if there is no such index
     * @throws java.io.UncheckedIOException if the image cannot be read; the message names it
     */
    Pixels image(int index);

    /** What the image shows, in words: at least one caption. */
    List<String> captions(int index);

    /** The class of the image, or −1 if the set has no classes. */
    int label(int index);

    /** Names of the classes, by label. */
    List<String> classNames();

    /** Name of one class. */
    default String className(int label) {
        return classNames().get(label);
    }

    /** Where the image comes from (a file, or set and name of a drawing), for messages and reports. */
    String source(int index);
}
