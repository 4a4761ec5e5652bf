package org.radapter.task.segmentation;

import java.util.ArrayList;
import java.util.List;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.Pixels;

/**
 * Masked parts of scenes as images: the square around a mask, transparent outside of it.
 *
 * @param name of the set
 * @param images one a mask
 * @param labels class of each image; 0 where it is not asked for
 * @param sources where each image comes from
 * @param classNames by label
 */
record Crops(String name, List<Pixels> images, List<Integer> labels, List<String> sources, List<String> classNames)
        implements ImageTextDataset {
    /** A set in the making. */
    static final class Builder {
        private final List<Pixels> images = new ArrayList<>();
        private final List<Integer> labels = new ArrayList<>();
        private final List<String> sources = new ArrayList<>();

        void add(Scene scene, Mask mask, int label, String source) {
            images.add(crop(scene, mask));
            labels.add(label);
            sources.add(source);
        }

        Crops build(String name, List<String> classNames) {
            return new Crops(
                    name, List.copyOf(images), List.copyOf(labels), List.copyOf(sources), List.copyOf(classNames));
        }
    }

    static Pixels crop(Scene scene, Mask mask) {
        int side = scene.side();
        int left = side;
        int right = -1;
        int top = side;
        int bottom = -1;
        for (int p = mask.bits().nextSetBit(0); p >= 0; p = mask.bits().nextSetBit(p + 1)) {
            left = Math.min(left, p % side);
            right = Math.max(right, p % side);
            top = Math.min(top, p / side);
            bottom = Math.max(bottom, p / side);
        }
        int size = Math.max(right - left, bottom - top) + 1;
        int fromX = left - (size - (right - left + 1)) / 2;
        int fromY = top - (size - (bottom - top + 1)) / 2;
        byte[] rgba = new byte[4 * size * size];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                if (mask.contains(fromX + x, fromY + y)) {
                    int from = 3 * ((fromY + y) * side + fromX + x);
                    int to = 4 * (y * size + x);
                    System.arraycopy(scene.rgb(), from, rgba, to, 3);
                    rgba[to + 3] = (byte) 255;
                }
            }
        }
        return new Pixels(size, size, rgba);
    }

    @Override
    public int size() {
        return images.size();
    }

    @Override
    public Pixels image(int index) {
        return images.get(index);
    }

    @Override
    public List<String> captions(int index) {
        return List.of(className(label(index)));
    }

    @Override
    public int label(int index) {
        return labels.get(index);
    }

    @Override
    public String source(int index) {
        return sources.get(index);
    }
}
