package org.radapter.cli;

import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipShapes;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/** Random weights of any geometry, made when they are read, so that a large model takes no memory. */
final class RandomWeights implements TensorSource {
    private static final double DEVIATION = .02;

    private final ClipConfig config;

    RandomWeights(ClipConfig config) {
        this.config = config;
    }

    @Override
    public Set<String> names() {
        return new TreeSet<>(ClipShapes.of(config).keySet());
    }

    @Override
    public DType dtype(String name) {
        return DType.F32;
    }

    @Override
    public long[] shape(String name) {
        return ClipShapes.of(config).get(name);
    }

    @Override
    public void read(String name, Tensor into) {
        double mean = name.equals(ClipShapes.LOGIT_SCALE) ? Math.log(100) : isGain(name) ? 1 : 0;
        double deviation = mean != 0 ? 0 : DEVIATION * Math.sqrt(3);
        SplittableRandom random = new SplittableRandom(name.hashCode());
        double[] values = new double[Math.toIntExact(into.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = mean + deviation * (2 * random.nextDouble() - 1);
        }
        into.copyFrom(values);
    }

    private static boolean isGain(String name) {
        return name.contains("ln_") && name.endsWith("weight");
    }

    @Override
    public Map<String, String> metadata() {
        return Map.of();
    }

    @Override
    public void close() {}
}
