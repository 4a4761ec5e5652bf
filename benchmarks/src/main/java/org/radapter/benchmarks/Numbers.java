package org.radapter.benchmarks;

import java.util.SplittableRandom;
import org.radapter.tensor.DType;
import org.radapter.tensor.Floats;

/** Inputs: the same numbers for both sides, from a seed. */
final class Numbers {
    private Numbers() {}

    /** Bell-shaped numbers with mean 0: the sum of four uniform ones. */
    static float[] normal(long seed, double deviation, long... shape) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[size(shape)];
        float unit = (float) (deviation * Math.sqrt(3) * 0x1p-16);
        for (int i = 0; i < values.length; i++) {
            long bits = random.nextLong();
            int sum = (int) (bits & 0xffff) + (int) (bits >>> 16 & 0xffff) + (int) (bits >>> 32 & 0xffff);
            values[i] = (sum + (int) (bits >>> 48) - 2 * 0xffff) * unit;
        }
        return values;
    }

    /** Rows of length 1. */
    static float[] unitRows(long seed, int rows, int width) {
        float[] values = normal(seed, 1, rows, width);
        for (int i = 0; i < rows; i++) {
            double sum = 0;
            for (int j = 0; j < width; j++) {
                sum += (double) values[i * width + j] * values[i * width + j];
            }
            float factor = (float) (1 / Math.sqrt(sum));
            for (int j = 0; j < width; j++) {
                values[i * width + j] *= factor;
            }
        }
        return values;
    }

    /** Whole numbers from 0 to {@code bound} − 1. */
    static int[] labels(long seed, int count, int bound) {
        return new SplittableRandom(seed).ints(count, 0, bound).toArray();
    }

    /** The values as a tensor of this type holds them. */
    static float[] rounded(float[] values, DType dtype) {
        if (dtype != DType.BF16) {
            return values;
        }
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = Floats.fromBFloat16(Floats.toBFloat16(values[i]));
        }
        return rounded;
    }

    static int size(long... shape) {
        long size = 1;
        for (long extent : shape) {
            size = Math.multiplyExact(size, extent);
        }
        return Math.toIntExact(size);
    }
}
