package org.radapter.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/** Some images of another data set, perhaps with fewer classes. Immutable and thread-safe if the other is. */
public final class DatasetView implements ImageTextDataset {
    private final ImageTextDataset whole;
    private final String name;
    private final List<Integer> indices;
    private final List<Integer> labels;
    private final List<String> classNames;

    private DatasetView(
            ImageTextDataset whole,
            String name,
            List<Integer> indices,
            IntUnaryOperator label,
            List<String> classNames) {
        this.whole = whole;
        this.name = name;
        this.indices = List.copyOf(indices);
        this.labels = indices.stream()
                .map(index -> label.applyAsInt(whole.label(index)))
                .toList();
        this.classNames = List.copyOf(classNames);
    }

    /**
     * The images of the given indices, in their order, with all classes.
     *
     * @throws IndexOutOfBoundsException if there is no such index
     */
    public static ImageTextDataset select(ImageTextDataset dataset, String name, List<Integer> indices) {
        for (int index : indices) {
            Objects.checkIndex(index, dataset.size());
        }
        return new DatasetView(dataset, name, indices, IntUnaryOperator.identity(), dataset.classNames());
    }

    /**
     * All images, with their classes numbered as in another set.
     *
     * @param classNames of the other set, which may have more classes
     * @throws DataException naming them, if classes of this set are none of the other's
     */
    public static ImageTextDataset amongClasses(ImageTextDataset dataset, List<String> classNames) {
        List<String> unknown = dataset.classNames().stream()
                .filter(name -> !classNames.contains(name))
                .toList();
        if (!unknown.isEmpty() || dataset.classNames().isEmpty()) {
            throw new DataException(dataset.name() + " has "
                    + (unknown.isEmpty()
                            ? "no classes"
                            : "classes that training has not: " + String.join(", ", unknown))
                    + "; its classes must be among those trained on, and be named alike.");
        }
        List<Integer> all = IntStream.range(0, dataset.size()).boxed().toList();
        return new DatasetView(
                dataset, dataset.name(), all, label -> classNames.indexOf(dataset.className(label)), classNames);
    }

    /**
     * The images of classes {@code from} to {@code to} − 1, which become classes 0 to {@code to − from} − 1: with
     * (0, C/2) the base classes, with (C/2, C) the novel ones.
     *
     * @throws IndexOutOfBoundsException if there are no such classes
     */
    public static ImageTextDataset classes(ImageTextDataset dataset, String name, int from, int to) {
        List<String> classNames = dataset.classNames().subList(from, to);
        List<Integer> indices = new ArrayList<>();
        for (int i = 0; i < dataset.size(); i++) {
            if (dataset.label(i) >= from && dataset.label(i) < to) {
                indices.add(i);
            }
        }
        return new DatasetView(dataset, name, indices, label -> label - from, classNames);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return indices.size();
    }

    @Override
    public Pixels image(int index) {
        return whole.image(indices.get(index));
    }

    @Override
    public List<String> captions(int index) {
        return whole.captions(indices.get(index));
    }

    @Override
    public int label(int index) {
        return labels.get(index);
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public String source(int index) {
        return whole.source(indices.get(index));
    }
}
