package org.radapter.train;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.radapter.clip.ClipConfig;
import org.radapter.tensor.Tensor;

/** Weights of any geometry, quickly made: gains 1, biases 0, all else even within ±0.035; the same ones each time. */
final class RandomWeights extends MadeWeights {
    private static final double BOUND = .035;

    RandomWeights(ClipConfig config) {
        super(config);
    }

    @Override
    public void read(String name, Tensor into) {
        float[] values = new float[Math.toIntExact(into.size())];
        if (name.contains("ln_") && name.endsWith("weight")) {
            Arrays.fill(values, 1);
        } else if (!name.endsWith("bias")) {
            SplittableRandom random = new SplittableRandom(name.hashCode());
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextDouble(-BOUND, BOUND);
            }
        }
        into.copyFrom(values);
    }
}
