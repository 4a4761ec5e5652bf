package org.radapter.clip.image;

/**
 * An image of 8-bit red, green, blue and alpha, not premultiplied.
 *
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 * @param pixels [height, width, 4], row by row from the top left; not copied
 */
@SuppressWarnings("ArrayRecordComponent")
public record RgbaImage(int width, int height, byte[] pixels) {
    /** Checks the extents. */
    public RgbaImage {
        RgbImage.requireExtents(width, height, 4, pixels.length);
    }

    /** The same image, opaque everywhere. */
    public static RgbaImage opaque(RgbImage image) {
        int count = image.width() * image.height();
        byte[] rgba = new byte[Math.multiplyExact(count, 4)];
        for (int i = 0; i < count; i++) {
            System.arraycopy(image.pixels(), 3 * i, rgba, 4 * i, 3);
            rgba[4 * i + 3] = -1;
        }
        return new RgbaImage(image.width(), image.height(), rgba);
    }

    /** Red, green, blue or alpha (0 … 3) of a pixel, 0 … 255. */
    public int sample(int x, int y, int channel) {
        return pixels[(y * width + x) * 4 + channel] & 0xff;
    }

    /** This over a ground of one colour, rounded to nearest. */
    public RgbImage over(int red, int green, int blue) {
        int[] ground = {red, green, blue};
        byte[] rgb = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++) {
            int alpha = pixels[4 * i + 3] & 0xff;
            for (int c = 0; c < 3; c++) {
                int mixed = (pixels[4 * i + c] & 0xff) * alpha + ground[c] * (255 - alpha);
                rgb[3 * i + c] = (byte) ((mixed + 127) / 255);
            }
        }
        return new RgbImage(width, height, rgb);
    }

    /** The colours alone, as if alpha were not there. */
    public RgbImage withoutAlpha() {
        byte[] rgb = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++) {
            System.arraycopy(pixels, 4 * i, rgb, 3 * i, 3);
        }
        return new RgbImage(width, height, rgb);
    }
}
