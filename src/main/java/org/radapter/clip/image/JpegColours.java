package org.radapter.clip.image;

import java.awt.image.Raster;

/** The components of a JPEG file as RGB: libjpeg's YCbCr and Pillow's CMYK, embedded profiles ignored as by both. */
final class JpegColours {
    private static final int HALF = 1 << 15;

    private JpegColours() {}

    static RgbaImage toRgba(Raster raster, JpegHeader header) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        byte[] rgba = new byte[Math.multiplyExact(width * height, 4)];
        int[] line = new int[width * bands];
        int[] rgb = new int[3];
        boolean isYcc = header.isYcc();
        for (int y = 0; y < height; y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, line);
            for (int x = 0; x < width; x++) {
                toRgb(line, x * bands, bands, isYcc, header, rgb);
                int at = (y * width + x) * 4;
                for (int c = 0; c < 3; c++) {
                    rgba[at + c] = (byte) rgb[c];
                }
                rgba[at + 3] = -1;
            }
        }
        return new RgbaImage(width, height, rgba);
    }

    private static void toRgb(int[] line, int at, int bands, boolean isYcc, JpegHeader header, int[] rgb) {
        switch (bands) {
            case 1, 2 -> rgb[0] = rgb[1] = rgb[2] = line[at];
            case 3 -> {
                System.arraycopy(line, at, rgb, 0, 3);
                if (isYcc) {
                    yccToRgb(rgb);
                }
            }
            default -> {
                System.arraycopy(line, at, rgb, 0, 3);
                cmykToRgb(rgb, line[at + 3], header);
            }
        }
    }

    private static void yccToRgb(int[] rgb) {
        int luma = rgb[0];
        int blueness = rgb[1] - 128;
        int redness = rgb[2] - 128;
        rgb[0] = clip(luma + ((91881 * redness + HALF) >> 16));
        rgb[1] = clip(luma + ((-22554 * blueness - 46802 * redness + HALF) >> 16));
        rgb[2] = clip(luma + ((116130 * blueness + HALF) >> 16));
    }

    /** Adobe's files store ink inverted, and may store YCC of the inverse; libjpeg leaves K as it is. */
    private static void cmykToRgb(int[] inks, int black, JpegHeader header) {
        if (header.adobeTransform() == 2) {
            yccToRgb(inks);
            for (int c = 0; c < 3; c++) {
                inks[c] = 255 - inks[c];
            }
        }
        boolean isInverted = header.adobeTransform() >= 0;
        int white = isInverted ? black : 255 - black;
        for (int c = 0; c < 3; c++) {
            int ink = isInverted ? 255 - inks[c] : inks[c];
            int product = ink * white + 128;
            inks[c] = clip(white - (((product >> 8) + product) >> 8));
        }
    }

    private static int clip(int level) {
        return Math.max(0, Math.min(255, level));
    }
}
