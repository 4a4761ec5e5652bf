package org.radapter.data.emoji;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.PerceptualHash;
import org.radapter.data.Pixels;

/** Drawings of known classes. Immutable and thread-safe. */
final class DrawingDataset implements ImageTextDataset {
    /** A drawing, where its pixels are, and its class. */
    record Item(Drawing drawing, DrawingFile file, int index, int label) {}

    private final String name;
    private final List<Item> items;
    private final List<String> classNames;
    private final List<List<String>> captionsOfClass;

    DrawingDataset(String name, List<Item> items, List<String> classNames, List<List<String>> captionsOfClass) {
        this.name = name;
        this.items = List.copyOf(items);
        this.classNames = List.copyOf(classNames);
        this.captionsOfClass = List.copyOf(captionsOfClass);
    }

    List<Item> items() {
        return items;
    }

    /** Perceptual hashes of all drawings. */
    List<PerceptualHash> hashes() {
        return items.parallelStream()
                .map(item -> item.file().hash(item.index()))
                .toList();
    }

    /** The same set but for some of its drawings. */
    DrawingDataset without(Set<Integer> indices) {
        List<Item> kept = IntStream.range(0, items.size())
                .filter(index -> !indices.contains(index))
                .mapToObj(items::get)
                .toList();
        return new DrawingDataset(name, kept, classNames, captionsOfClass);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return items.size();
    }

    @Override
    public Pixels image(int index) {
        Item item = items.get(index);
        return item.file().pixels(item.index());
    }

    @Override
    public List<String> captions(int index) {
        return captionsOfClass.get(label(index));
    }

    @Override
    public int label(int index) {
        return items.get(index).label();
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public String source(int index) {
        return items.get(index).drawing().toString();
    }
}
