package org.radapter.weights;

import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/** Some tensors of a source. */
record NamedSubset(TensorSource source, Set<String> names) implements TensorSource {
    NamedSubset {
        names = Collections.unmodifiableSet(new TreeSet<>(names));
    }

    @Override
    public DType dtype(String name) throws IOException {
        return source.dtype(name);
    }

    @Override
    public long[] shape(String name) {
        return source.shape(name);
    }

    @Override
    public void read(String name, Tensor into) throws IOException {
        source.read(name, into);
    }

    @Override
    public Map<String, String> metadata() {
        return source.metadata();
    }

    @Override
    public void close() throws IOException {
        source.close();
    }

    @Override
    public String toString() {
        return source.toString();
    }
}
