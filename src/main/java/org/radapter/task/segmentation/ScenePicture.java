package org.radapter.task.segmentation;

import java.awt.Color;
import java.util.List;
import org.radapter.clip.image.RgbImage;

/** Scenes side by side; below each, the classes of its pixels as they are, and as a model painted them. */
final class ScenePicture {
    private static final int GAP = 4;
    private static final int ROWS = 3;
    private static final int GROUND = 0xF4F4F4;
    /** Hues this far apart are told apart for any number of classes: the golden section of the circle. */
    private static final float HUE_STEP = 0.618034f;

    private final int side;
    private final int width;
    private final byte[] rgb;

    private ScenePicture(int side, int scenes) {
        this.side = side;
        this.width = scenes * (side + GAP) - GAP;
        this.rgb = new byte[3 * width * height()];
        for (int i = 0; i < rgb.length / 3; i++) {
            set(i, 0xFFFFFF);
        }
    }

    /**
     * The picture.
     *
     * @param scenes at least one, all of one size
     * @param painted of each scene, [side · side] class of each pixel
     */
    static RgbImage of(List<Scene> scenes, List<int[]> painted) {
        ScenePicture picture = new ScenePicture(scenes.get(0).side(), scenes.size());
        for (int s = 0; s < scenes.size(); s++) {
            picture.draw(s, scenes.get(s), painted.get(s));
        }
        return new RgbImage(picture.width, picture.height(), picture.rgb);
    }

    private int height() {
        return ROWS * (side + GAP) - GAP;
    }

    private void draw(int column, Scene scene, int[] painted) {
        for (int p = 0; p < side * side; p++) {
            int red = scene.rgb()[3 * p] & 0xFF;
            int green = scene.rgb()[3 * p + 1] & 0xFF;
            int blue = scene.rgb()[3 * p + 2] & 0xFF;
            set(pixel(column, 0, p), red << 16 | green << 8 | blue);
            set(pixel(column, 1, p), colour(scene.truth()[p]));
            set(pixel(column, 2, p), colour(painted[p]));
        }
    }

    private int pixel(int column, int row, int p) {
        return (row * (side + GAP) + p / side) * width + column * (side + GAP) + p % side;
    }

    private void set(int pixel, int colour) {
        rgb[3 * pixel] = (byte) (colour >> 16);
        rgb[3 * pixel + 1] = (byte) (colour >> 8);
        rgb[3 * pixel + 2] = (byte) colour;
    }

    /** One for each class, whoever says it. */
    static int colour(int label) {
        return label == Scene.BACKGROUND ? GROUND : Color.HSBtoRGB(label * HUE_STEP, .75f, .5f + .15f * (label % 3));
    }
}
