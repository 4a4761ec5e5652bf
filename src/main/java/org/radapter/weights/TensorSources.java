package org.radapter.weights;

import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/** Sources of tensors that lie in memory. */
public final class TensorSources {
    private TensorSources() {}

    /** The tensors of a map, which must be contiguous; they may lie on any device. Closing does nothing. */
    public static TensorSource of(Map<String, Tensor> tensors, Map<String, String> metadata) {
        return new InMemory(Collections.unmodifiableSortedMap(new TreeMap<>(tensors)), Map.copyOf(metadata));
    }

    /** As {@link #of(Map, Map)}, without metadata. */
    public static TensorSource of(Map<String, Tensor> tensors) {
        return of(tensors, Map.of());
    }

    /**
     * All of {@code base}, with the tensors of {@code replaced} in place of, or added to, its own: a merged model
     * without a copy of the rest. Closing it closes {@code base}.
     */
    public static TensorSource overlay(TensorSource base, Map<String, Tensor> replaced) {
        return new Overlay(base, of(replaced));
    }

    private record InMemory(SortedMap<String, Tensor> tensors, Map<String, String> metadata) implements TensorSource {
        @Override
        public Set<String> names() {
            return tensors.keySet();
        }

        @Override
        public DType dtype(String name) {
            return tensor(name).dtype();
        }

        @Override
        public long[] shape(String name) {
            return tensor(name).shape();
        }

        @Override
        public void read(String name, Tensor into) throws IOException {
            Tensor from = tensor(name).toHost();
            Shapes.requireSame(name, from.shape(), into);
            if (from.dtype() == into.dtype() && from.isContiguous() && into.isContiguous()) {
                into.bytes().put(from.bytes());
                return;
            }
            if (from.dtype().isFloating() && !into.dtype().isFloating()) {
                throw new IllegalArgumentException("tensor '" + name + "' is " + from + ", not " + into.dtype());
            }
            Elements.copy(from, into, "tensor '" + name + "'");
        }

        @Override
        public void close() {}

        private Tensor tensor(String name) {
            Tensor tensor = tensors.get(name);
            if (tensor == null) {
                throw new IllegalArgumentException("there is no tensor '" + name + "'");
            }
            return tensor;
        }
    }

    private record Overlay(TensorSource base, TensorSource top) implements TensorSource {
        @Override
        public Set<String> names() {
            Set<String> names = new TreeSet<>(base.names());
            names.addAll(top.names());
            return names;
        }

        @Override
        public boolean contains(String name) {
            return top.contains(name) || base.contains(name);
        }

        @Override
        public DType dtype(String name) throws IOException {
            return holder(name).dtype(name);
        }

        @Override
        public long[] shape(String name) {
            return holder(name).shape(name);
        }

        @Override
        public void read(String name, Tensor into) throws IOException {
            holder(name).read(name, into);
        }

        @Override
        public Map<String, String> metadata() {
            return base.metadata();
        }

        @Override
        public void close() throws IOException {
            base.close();
        }

        private TensorSource holder(String name) {
            return top.contains(name) ? top : base;
        }
    }
}
