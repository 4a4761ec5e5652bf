package org.radapter.train;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipShapes;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/** Weights of any geometry, quickly made: gains 1, biases 0, all else even within ±0.035; the same ones each time. */
final class RandomWeights implements TensorSource {
    private static final double BOUND = .035;

    private final Map<String, long[]> shapes;

    RandomWeights(ClipConfig config) {
        this.shapes = ClipShapes.of(config);
    }

    @Override
    public Set<String> names() {
        return shapes.keySet();
    }

    @Override
    public DType dtype(String name) {
        return DType.F32;
    }

    @Override
    public long[] shape(String name) {
        long[] shape = shapes.get(name);
        if (shape == null) {
            throw new IllegalArgumentException("there is no tensor " + name);
        }
        return shape.clone();
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

    @Override
    public Map<String, String> metadata() {
        return Map.of();
    }

    @Override
    public void close() {}
}
