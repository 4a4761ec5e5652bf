package org.radapter.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.radapter.clip.ClipModel;
import org.radapter.clip.image.ImageReader;
import org.radapter.clip.image.RgbaImage;
import org.radapter.data.Pixels;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.ImagePreparation;

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
        ImagePreparation preparation = DrawingPreparation.plain(model.config());
        int side = model.config().image().imageSize();
        int numbers = 3 * side * side;
        float[][] rows = new float[files.size()][];
        for (int from = 0; from < rows.length; from += AT_ONCE) {
            int count = Math.min(AT_ONCE, rows.length - from);
            float[] pixels = new float[count * numbers];
            for (int i = 0; i < count; i++) {
                prepare(preparation, files.get(from + i), pixels, i * numbers);
            }
            System.arraycopy(model.embedImages(pixels), 0, rows, from, count);
        }
        return rows;
    }

    /**
     * Puts an image as the model takes it, 3·imageSize² numbers, into {@code pixels} from {@code offset} on.
     *
     * @throws IOException if it is no image that can be read
     */
    private static void prepare(ImagePreparation preparation, Path file, float[] pixels, int offset)
            throws IOException {
        RgbaImage image = ImageReader.DEFAULT.readRgba(file);
        preparation.prepare(new Pixels(image.width(), image.height(), image.pixels()), 0, 0, pixels, offset);
    }
}
