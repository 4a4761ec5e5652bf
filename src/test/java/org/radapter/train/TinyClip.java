package org.radapter.train;

import java.util.Arrays;
import java.util.List;
import org.radapter.clip.ClipConfig;
import org.radapter.tensor.CounterRandom;

/** A CLIP small enough for tests, and batches for it. */
public final class TinyClip {
    public static final ClipConfig CONFIG = new ClipConfig(
            6,
            new ClipConfig.ImageTower(16, 2, 2, 24, 4, 8),
            new ClipConfig.TextTower(8, 2, 1, 16, 5, 12, ClipConfig.EotPooling.argmax()),
            true,
            ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
            new ClipConfig.ImageNormalization(List.of(0., 0., 0.), List.of(1., 1., 1.)));

    private TinyClip() {}

    /** Random pixels, texts of various lengths, three classes. */
    public static Batch batch(int size, long step) {
        CounterRandom random = new CounterRandom(77);
        float[] images = new float[size * 3 * 64];
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) random.normal(step, 1, i);
        }
        int context = CONFIG.text().contextLength();
        int[] ids = new int[size * context];
        for (int b = 0; b < size; b++) {
            int length = 2 + random.integer(step, 2, b, context - 2);
            ids[b * context] = 10;
            for (int t = 1; t < length; t++) {
                ids[b * context + t] = random.integer(step, 3, (long) b * context + t, 10);
            }
            ids[b * context + length] = 11;
        }
        int[] labels = new int[size];
        Arrays.setAll(labels, i -> random.integer(step, 4, i, 3));
        return new Batch(images, ids, labels);
    }
}
