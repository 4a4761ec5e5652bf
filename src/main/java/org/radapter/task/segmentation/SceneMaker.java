package org.radapter.task.segmentation;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.Pixels;
import org.radapter.tensor.CounterRandom;

/**
 * Makes scenes of 96 × 96 pixels: two to four drawings of 32 to 48 pixels, later ones over earlier ones, on a background
 * of two colours that run into each other under noise. A pixel belongs to the drawing whose alpha there is above one
 * half. A scene is a function of its seed and number.
 */
final class SceneMaker {
    static final int SIDE = 96;

    private static final int FEWEST = 2;
    private static final int MOST = 4;
    private static final int SMALLEST = 32;
    private static final int LARGEST = 48;
    private static final int NOISE = 40;

    private static final long COUNT = CounterRandom.site("scene.count");
    private static final long WHICH = CounterRandom.site("scene.drawing");
    private static final long SIZE = CounterRandom.site("scene.size");
    private static final long PLACE = CounterRandom.site("scene.place");
    private static final long COLOUR = CounterRandom.site("scene.colour");
    private static final long GRAIN = CounterRandom.site("scene.grain");

    private final List<ImageTextDataset> drawings;
    private final CounterRandom random;

    /**
     * A maker.
     *
     * @param drawings with alpha; their classes are those of the scenes
     * @throws IllegalArgumentException if there is no drawing
     */
    SceneMaker(List<ImageTextDataset> drawings, long seed) {
        this.drawings = drawings.stream().filter(set -> set.size() > 0).toList();
        if (this.drawings.isEmpty()) {
            throw new IllegalArgumentException("scenes need drawings to be made of; there is none");
        }
        this.random = new CounterRandom(seed);
    }

    private record Drawing(int label, String source) {}

    /** Scenes numbered from 0. */
    List<Scene> scenes(int count) {
        List<Scene> scenes = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            scenes.add(scene(number));
        }
        return scenes;
    }

    Scene scene(int number) {
        byte[] rgb = background(number);
        int[] owner = new int[SIDE * SIDE];
        Arrays.fill(owner, -1);
        int count = FEWEST + random.integer(number, COUNT, 0, MOST - FEWEST + 1);
        List<Drawing> painted = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            painted.add(paint(number, i, rgb, owner));
        }
        int[] truth = new int[owner.length];
        List<BitSet> bits = new ArrayList<>();
        painted.forEach(drawing -> bits.add(new BitSet()));
        for (int p = 0; p < owner.length; p++) {
            truth[p] = owner[p] < 0 ? Scene.BACKGROUND : painted.get(owner[p]).label();
            if (owner[p] >= 0) {
                bits.get(owner[p]).set(p);
            }
        }
        List<Mask> objects = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        List<String> sources = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (!bits.get(i).isEmpty()) {
                objects.add(new Mask(SIDE, bits.get(i)));
                labels.add(painted.get(i).label());
                sources.add(painted.get(i).source());
            }
        }
        return new Scene(SIDE, rgb, truth, List.copyOf(objects), List.copyOf(labels), List.copyOf(sources));
    }

    private byte[] background(int number) {
        double[][] colours = new double[2][3];
        for (int c = 0; c < 6; c++) {
            colours[c / 3][c % 3] = random.uniform(number, COLOUR, c, 60, 230);
        }
        byte[] rgb = new byte[3 * SIDE * SIDE];
        for (int p = 0; p < SIDE * SIDE; p++) {
            double across = (double) (p % SIDE + p / SIDE) / (2 * SIDE - 2);
            double grain = random.uniform(number, GRAIN, p, -NOISE, NOISE) / 2;
            for (int c = 0; c < 3; c++) {
                double value = colours[0][c] * (1 - across) + colours[1][c] * across + grain;
                rgb[3 * p + c] = (byte) Math.max(0, Math.min(255, Math.round(value)));
            }
        }
        return rgb;
    }

    /** Puts one drawing over all before it. */
    private Drawing paint(int number, int i, byte[] rgb, int[] owner) {
        int total = drawings.stream().mapToInt(ImageTextDataset::size).sum();
        int index = random.integer(number, WHICH, i, total);
        int set = 0;
        while (index >= drawings.get(set).size()) {
            index -= drawings.get(set).size();
            set++;
        }
        int size = SMALLEST + random.integer(number, SIZE, i, LARGEST - SMALLEST + 1);
        int left = random.integer(number, PLACE, 2L * i, SIDE - size + 1);
        int top = random.integer(number, PLACE, 2L * i + 1, SIDE - size + 1);
        Pixels small = scaled(drawings.get(set).image(index), size);
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                int from = 4 * (y * size + x);
                int to = (top + y) * SIDE + left + x;
                int alpha = small.rgba()[from + 3] & 0xFF;
                for (int c = 0; c < 3; c++) {
                    int mixed = (small.rgba()[from + c] & 0xFF) * alpha + (rgb[3 * to + c] & 0xFF) * (255 - alpha);
                    rgb[3 * to + c] = (byte) ((mixed + 127) / 255);
                }
                if (alpha > 127) {
                    owner[to] = i;
                }
            }
        }
        return new Drawing(drawings.get(set).label(index), drawings.get(set).source(index));
    }

    private static Pixels scaled(Pixels image, int size) {
        BufferedImage small = new BufferedImage(size, size, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = small.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        graphics.drawImage(image.toBufferedImage(), 0, 0, size, size, null);
        graphics.dispose();
        return Pixels.of(small);
    }
}
