package org.radapter.clip.image;

/**
 * An image of 8-bit red, green and blue.
 *
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 * @param pixels [height, width, 3], row by row from the top left; not copied
 */
@SuppressWarnings("ArrayRecordComponent")
public record RgbImage(int width, int height, byte[] pixels) {
    /** Checks the extents. */
    public RgbImage {
        requireExtents(width, height, 3, pixels.length);
    }

    static void requireExtents(int width, int height, int channels, int length) {
        if (width < 1 || height < 1 || (long) width * height * channels != length) {
            throw new IllegalArgumentException(length + " bytes are no image of " + width + " × " + height
                    + " pixels in " + channels + " channels");
        }
    }

    /** Red, green or blue (0 … 2) of a pixel, 0 … 255. */
    public int sample(int x, int y, int channel) {
        return pixels[(y * width + x) * 3 + channel] & 0xff;
    }
}
