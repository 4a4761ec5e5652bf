package org.radapter.data;

import java.util.Arrays;

/**
 * What an image looks like in few numbers, to find near-copies: pictures that a person would call the same drawing.
 *
 * <p>The image is laid on white, averaged to 32×32 cells of luminance (Rec. 601), and its 8×8 lowest DCT-II frequencies
 * are compared with their median: one bit each, the constant one left out (Zauner, "Implementation and Benchmarking of
 * Perceptual Image Hash Functions", 2010). As that forgets colour and confuses simple shapes, a thumbnail of 16×16
 * colours decides: two images are near-copies if at most {@value #MOST_BITS} bits differ and the thumbnails'
 * mean difference is at most {@value #MOST_DIFFERENCE} of their mean distance from white. Simple symmetric shapes have
 * frequencies near the median, so their bits are chance; thumbnails that differ by {@value #SAME_DIFFERENCE} or less
 * are near-copies whatever the bits.
 */
public final class PerceptualHash {
    /** Most differing bits of 63 for a near-copy. */
    public static final int MOST_BITS = 10;

    /** Largest mean difference of the thumbnails, as a share of their mean distance from white, for a near-copy. */
    public static final double MOST_DIFFERENCE = 0.20;

    /** Largest such share at which two thumbnails are near-copies by themselves. */
    public static final double SAME_DIFFERENCE = 0.08;

    private static final int CELLS = 32;
    private static final int FREQUENCIES = 8;
    private static final int THUMBNAIL = 16;
    private static final double[][] COSINES = cosines();

    private final long bits;
    private final byte[] thumbnail;
    private final double ink;

    private PerceptualHash(long bits, byte[] thumbnail) {
        this.bits = bits;
        this.thumbnail = thumbnail;
        double sum = 0;
        for (byte value : thumbnail) {
            sum += 255 - (value & 0xFF);
        }
        this.ink = sum / thumbnail.length;
    }

    /** The hash of an image. */
    public static PerceptualHash of(Pixels image) {
        byte[] rgb = image.over(Pixels.WHITE);
        double[] luminance = new double[CELLS * CELLS];
        float[] cells = average(rgb, image.width(), image.height(), CELLS);
        for (int i = 0; i < luminance.length; i++) {
            luminance[i] = 0.299 * cells[3 * i] + 0.587 * cells[3 * i + 1] + 0.114 * cells[3 * i + 2];
        }
        float[] small = average(rgb, image.width(), image.height(), THUMBNAIL);
        byte[] thumbnail = new byte[small.length];
        for (int i = 0; i < small.length; i++) {
            thumbnail[i] = (byte) Math.round(small[i]);
        }
        return new PerceptualHash(bits(luminance), thumbnail);
    }

    /** Bits in which the two differ, from 0 to 63. */
    public int bitDistance(PerceptualHash other) {
        return Long.bitCount(bits ^ other.bits);
    }

    /** Mean absolute difference of the thumbnails, divided by the larger mean distance from white. */
    public double difference(PerceptualHash other) {
        long sum = 0;
        for (int i = 0; i < thumbnail.length; i++) {
            sum += Math.abs((thumbnail[i] & 0xFF) - (other.thumbnail[i] & 0xFF));
        }
        double mean = (double) sum / thumbnail.length;
        return mean == 0 ? 0 : mean / Math.max(ink, other.ink);
    }

    /** Whether the two are near-copies. */
    public boolean nearCopyOf(PerceptualHash other) {
        double limit = bitDistance(other) <= MOST_BITS ? MOST_DIFFERENCE : SAME_DIFFERENCE;
        return leastDifference(other) <= limit && difference(other) <= limit;
    }

    /** A bound from below that costs nothing: the means differ by no more than the thumbnails do. */
    private double leastDifference(PerceptualHash other) {
        double most = Math.max(ink, other.ink);
        return most == 0 ? 0 : (Math.abs(ink - other.ink) - 1e-9) / most;
    }

    private static float[] average(byte[] rgb, int width, int height, int cells) {
        float[] means = new float[3 * cells * cells];
        for (int row = 0; row < cells; row++) {
            int top = row * height / cells;
            int bottom = Math.max(top + 1, (row + 1) * height / cells);
            for (int column = 0; column < cells; column++) {
                int left = column * width / cells;
                int right = Math.max(left + 1, (column + 1) * width / cells);
                for (int c = 0; c < 3; c++) {
                    long sum = 0;
                    for (int y = top; y < bottom; y++) {
                        for (int x = left; x < right; x++) {
                            sum += rgb[3 * (y * width + x) + c] & 0xFF;
                        }
                    }
                    means[3 * (row * cells + column) + c] = (float) sum / ((bottom - top) * (right - left));
                }
            }
        }
        return means;
    }

    private static long bits(double[] luminance) {
        double[] frequencies = new double[FREQUENCIES * FREQUENCIES];
        for (int row = 0; row < CELLS; row++) {
            for (int u = 0; u < FREQUENCIES; u++) {
                double sum = 0;
                for (int column = 0; column < CELLS; column++) {
                    sum += COSINES[u][column] * luminance[row * CELLS + column];
                }
                for (int v = 0; v < FREQUENCIES; v++) {
                    frequencies[v * FREQUENCIES + u] += COSINES[v][row] * sum;
                }
            }
        }
        double[] sorted = Arrays.copyOfRange(frequencies, 1, frequencies.length);
        Arrays.sort(sorted);
        double median = sorted[sorted.length / 2];
        long bits = 0;
        for (int i = 1; i < frequencies.length; i++) {
            bits = bits << 1 | (frequencies[i] > median ? 1 : 0);
        }
        return bits;
    }

    private static double[][] cosines() {
        double[][] cosines = new double[FREQUENCIES][CELLS];
        for (int frequency = 0; frequency < FREQUENCIES; frequency++) {
            for (int cell = 0; cell < CELLS; cell++) {
                cosines[frequency][cell] = StrictMath.cos(Math.PI * frequency * (2 * cell + 1) / (2 * CELLS));
            }
        }
        return cosines;
    }
}
