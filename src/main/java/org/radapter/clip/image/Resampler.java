package org.radapter.clip.image;

import java.util.Arrays;

/**
 * Pillow's antialiased resize of 8-bit images, bit for bit: a horizontal, then a vertical pass, each rounded to 8 bits;
 * a pass that would not change the extent is left out.
 *
 * <p>Computes the wanted window of the output only. Follows Pillow's {@code Resample.c}.
 */
final class Resampler {
    private Resampler() {}

    /**
     * The window [{@code left}, {@code left + columns}) × [{@code top}, {@code top + rows}) of {@code image} resized to
     * {@code width} × {@code height}.
     */
    static RgbImage resize(
            RgbImage image, Interpolation kernel, int width, int height, int left, int top, int columns, int rows) {
        ResampleWeights vertical = ResampleWeights.of(kernel, image.height(), height, top, rows);
        boolean keepsHeight = height == image.height();
        int begin = keepsHeight ? top : vertical.begin();
        int end = keepsHeight ? top + rows : vertical.end();
        byte[] lines = width == image.width()
                ? copyColumns(image, left, columns, begin, end)
                : resizeColumns(
                        image, ResampleWeights.of(kernel, image.width(), width, left, columns), columns, begin, end);
        byte[] pixels = keepsHeight ? lines : resizeRows(lines, begin, vertical, columns * 3, rows);
        return new RgbImage(columns, rows, pixels);
    }

    private static byte[] copyColumns(RgbImage image, int left, int columns, int begin, int end) {
        byte[] out = new byte[(end - begin) * columns * 3];
        for (int y = begin; y < end; y++) {
            System.arraycopy(
                    image.pixels(), (y * image.width() + left) * 3, out, (y - begin) * columns * 3, columns * 3);
        }
        return out;
    }

    private static byte[] resizeColumns(RgbImage image, ResampleWeights weights, int columns, int begin, int end) {
        byte[] in = image.pixels();
        byte[] out = new byte[(end - begin) * columns * 3];
        int at = 0;
        for (int y = begin; y < end; y++) {
            for (int x = 0; x < columns; x++) {
                int[] taps = weights.weights()[x];
                int from = (y * image.width() + weights.first()[x]) * 3;
                int red = 1 << (ResampleWeights.PRECISION_BITS - 1);
                int green = red;
                int blue = red;
                for (int weight : taps) {
                    red += (in[from] & 0xff) * weight;
                    green += (in[from + 1] & 0xff) * weight;
                    blue += (in[from + 2] & 0xff) * weight;
                    from += 3;
                }
                out[at] = clip(red);
                out[at + 1] = clip(green);
                out[at + 2] = clip(blue);
                at += 3;
            }
        }
        return out;
    }

    private static byte[] resizeRows(byte[] lines, int begin, ResampleWeights weights, int length, int rows) {
        byte[] out = new byte[rows * length];
        int[] sums = new int[length];
        for (int y = 0; y < rows; y++) {
            Arrays.fill(sums, 1 << (ResampleWeights.PRECISION_BITS - 1));
            int from = (weights.first()[y] - begin) * length;
            for (int weight : weights.weights()[y]) {
                for (int i = 0; i < length; i++) {
                    sums[i] += (lines[from + i] & 0xff) * weight;
                }
                from += length;
            }
            for (int i = 0; i < length; i++) {
                out[y * length + i] = clip(sums[i]);
            }
        }
        return out;
    }

    private static byte clip(int sum) {
        return (byte) Math.max(0, Math.min(255, sum >> ResampleWeights.PRECISION_BITS));
    }
}
