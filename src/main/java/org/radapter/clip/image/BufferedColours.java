package org.radapter.clip.image;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.Raster;

/**
 * A decoded image as RGB and alpha with the numbers in the file, as Pillow has them: AWT's own conversion would apply
 * gamma to greys and colour profiles to everything.
 */
final class BufferedColours {
    private BufferedColours() {}

    static RgbaImage toRgba(BufferedImage image) {
        ColorModel model = image.getColorModel();
        int bands = image.getRaster().getNumBands();
        if (bands == 4 && !model.hasAlpha()) {
            return JpegColours.toRgba(image.getRaster(), JpegHeader.NONE);
        }
        boolean isPlain = model instanceof ComponentColorModel && bands <= 4;
        return isPlain ? fromBands(image.getRaster(), model.isAlphaPremultiplied()) : fromModel(image, model);
    }

    /** Grey, grey and alpha, RGB or RGBA; sixteen-bit grey is cut off at 255, other sixteen-bit samples lose 8 bits. */
    private static RgbaImage fromBands(Raster raster, boolean isPremultiplied) {
        if (isPremultiplied) {
            throw new IllegalArgumentException("premultiplied alpha in a file");
        }
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        boolean isGrey = bands <= 2;
        boolean hasAlpha = bands % 2 == 0;
        int bits = raster.getSampleModel().getSampleSize(0);
        byte[] rgba = new byte[Math.multiplyExact(width * height, 4)];
        int[] line = new int[width * bands];
        for (int y = 0; y < height; y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, line);
            for (int x = 0; x < width; x++) {
                int at = (y * width + x) * 4;
                for (int c = 0; c < 3; c++) {
                    rgba[at + c] = (byte) level(line[x * bands + (isGrey ? 0 : c)], bits, bands == 1);
                }
                rgba[at + 3] = hasAlpha ? (byte) level(line[x * bands + bands - 1], bits, false) : -1;
            }
        }
        return new RgbaImage(width, height, rgba);
    }

    private static int level(int sample, int bits, boolean isGreyAlone) {
        if (bits <= 8) {
            return sample * 255 / ((1 << bits) - 1);
        }
        return isGreyAlone ? Math.min(sample, 255) : sample >> (bits - 8);
    }

    /** Palettes and packed pixels, which the model resolves without changing their numbers. */
    private static RgbaImage fromModel(BufferedImage image, ColorModel model) {
        int width = image.getWidth();
        int height = image.getHeight();
        Raster raster = image.getRaster();
        byte[] rgba = new byte[Math.multiplyExact(width * height, 4)];
        Object element = null;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                element = raster.getDataElements(x, y, element);
                int argb = model.getRGB(element);
                int at = (y * width + x) * 4;
                rgba[at] = (byte) (argb >> 16);
                rgba[at + 1] = (byte) (argb >> 8);
                rgba[at + 2] = (byte) argb;
                rgba[at + 3] = (byte) (argb >>> 24);
            }
        }
        return new RgbaImage(width, height, rgba);
    }
}
