package org.radapter.kernels;

import java.util.Random;
import org.radapter.tensor.Floats;

/** Seeded numbers that every floating type but F16 holds exactly, so that all backends start from the same inputs. */
final class RandomNumbers {
    private final Random random;

    RandomNumbers(long seed) {
        random = new Random(seed);
    }

    /** {@code count} normal numbers of standard deviation {@code scale}, rounded to bfloat16. */
    double[] normal(long count, double scale) {
        double[] values = new double[Math.toIntExact(count)];
        for (int i = 0; i < values.length; i++) {
            values[i] = Floats.fromBFloat16(Floats.toBFloat16(scale * random.nextGaussian()));
        }
        return values;
    }

    /** Rows of length 1, each number rounded to bfloat16. */
    double[] unitRows(long rows, int columns) {
        double[] values = normal(rows * columns, 1);
        for (int start = 0; start < values.length; start += columns) {
            double squares = 0;
            for (int j = start; j < start + columns; j++) {
                squares += values[j] * values[j];
            }
            for (int j = start; j < start + columns; j++) {
                values[j] = Floats.fromBFloat16(Floats.toBFloat16(values[j] / Math.sqrt(squares)));
            }
        }
        return values;
    }

    /** From {@code least} to {@code greatest}, both included. */
    int between(int least, int greatest) {
        return least + random.nextInt(greatest - least + 1);
    }

    /** {@code count} numbers below {@code limit}. */
    int[] indices(int count, int limit) {
        return random.ints(count, 0, limit).toArray();
    }

    /** {@code count} different numbers below {@code limit}, in any order. */
    int[] distinct(int count, int limit) {
        return random.ints(0, limit).distinct().limit(count).toArray();
    }

    /** {@code count} factors, 0 or 1.25: dropping with p = 0.2. */
    double[] gates(int count) {
        return random.doubles(count).map(v -> v < 0.4 ? 0 : 1.25).toArray();
    }
}
