package org.radapter.distributed;

import java.util.List;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.Pixels;
import org.radapter.tensor.CounterRandom;

/** Noisy squares of three colours. */
final class Squares implements ImageTextDataset {
    private static final List<String> NAMES = List.of("red square", "green square", "blue square");
    private static final int SIDE = 8;

    @Override
    public String name() {
        return "squares";
    }

    @Override
    public int size() {
        return 60;
    }

    @Override
    public Pixels image(int index) {
        CounterRandom random = new CounterRandom(5);
        byte[] rgba = new byte[4 * SIDE * SIDE];
        for (int i = 0; i < rgba.length; i++) {
            int level = random.integer(index, 1, i, 120) + (i % 4 == label(index) ? 130 : 0);
            rgba[i] = (byte) (i % 4 == 3 ? 255 : level);
        }
        return new Pixels(SIDE, SIDE, rgba);
    }

    @Override
    public List<String> captions(int index) {
        return List.of("a photo of a " + className(label(index)));
    }

    @Override
    public int label(int index) {
        return index % NAMES.size();
    }

    @Override
    public List<String> classNames() {
        return NAMES;
    }

    @Override
    public String source(int index) {
        return "square " + index;
    }
}
