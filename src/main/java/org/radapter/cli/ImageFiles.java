package org.radapter.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipModel;
import org.radapter.clip.image.ImageReader;
import org.radapter.clip.image.RgbaImage;
import org.radapter.data.Pixels;
import org.radapter.train.DrawingPreparation;

/** Image files named on the command line. */
final class ImageFiles {
    private static final int AT_ONCE = 64;

    private ImageFiles() {}

    /**
     * Unit vectors [files][embedDim].
     *
     * @throws IOException if one is no image that can be read; nothing is computed for those after it
     */
    static float[][] embed(ClipModel model, List<Path> files) throws IOException {
        float[][] rows = new float[files.size()][];
        for (int from = 0; from < rows.length; from += AT_ONCE) {
            int count = Math.min(AT_ONCE, rows.length - from);
            float[] pixels = new float[0];
            for (int i = 0; i < count; i++) {
                float[] one = pixels(model.config(), files.get(from + i));
                pixels = i == 0 ? new float[count * one.length] : pixels;
                System.arraycopy(one, 0, pixels, i * one.length, one.length);
            }
            System.arraycopy(model.embedImages(pixels), 0, rows, from, count);
        }
        return rows;
    }

    /**
     * An image as the model takes it, [3·imageSize²].
     *
     * @throws IOException if it is no image that can be read
     */
    static float[] pixels(ClipConfig config, Path file) throws IOException {
        int side = config.image().imageSize();
        float[] pixels = new float[3 * side * side];
        RgbaImage image = ImageReader.DEFAULT.readRgba(file);
        DrawingPreparation.plain(config)
                .prepare(new Pixels(image.width(), image.height(), image.pixels()), 0, 0, pixels, 0);
        return pixels;
    }
}
