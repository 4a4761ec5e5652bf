package org.radapter.train;

import java.util.Map;
import java.util.Set;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipShapes;
import org.radapter.tensor.DType;
import org.radapter.tensor.TensorSource;

/** F32 weights of a geometry that lie in no file. */
abstract class MadeWeights implements TensorSource {
    private final Map<String, long[]> shapes;

    MadeWeights(ClipConfig config) {
        this.shapes = ClipShapes.of(config);
    }

    @Override
    public final Set<String> names() {
        return shapes.keySet();
    }

    @Override
    public final DType dtype(String name) {
        return DType.F32;
    }

    @Override
    public final long[] shape(String name) {
        long[] shape = shapes.get(name);
        if (shape == null) {
            throw new IllegalArgumentException("there is no tensor " + name);
        }
        return shape.clone();
    }

    @Override
    public final Map<String, String> metadata() {
        return Map.of();
    }

    @Override
    public void close() {}
}
