package org.radapter.weights;

import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/** Canonical tensors seen through Hugging Face's names, for writing; the inverse of {@link CanonicalTensors}. */
final class HuggingFaceTensors implements TensorSource {
    private final TensorSource canonical;
    private final SortedMap<String, Part> parts = new TreeMap<>();

    /** Part {@code index} of {@code count} equal parts of the tensor {@code canonical}. */
    private record Part(String canonical, boolean transposed, int index, int count) {}

    /** @throws IllegalArgumentException if a tensor is none of a CLIP */
    HuggingFaceTensors(TensorSource canonical) {
        this.canonical = canonical;
        for (String name : canonical.names()) {
            HuggingFaceNames.Stored stored = HuggingFaceNames.of(name);
            if (stored == null) {
                throw new IllegalArgumentException("Hugging Face's CLIP has no tensor for '" + name + "'");
            }
            int count = stored.names().size();
            for (int i = 0; i < count; i++) {
                parts.put(stored.names().get(i), new Part(name, stored.transposed(), i, count));
            }
        }
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(parts.keySet());
    }

    @Override
    public DType dtype(String name) throws IOException {
        return canonical.dtype(part(name).canonical());
    }

    @Override
    public long[] shape(String name) {
        Part part = part(name);
        long[] shape = canonical.shape(part.canonical());
        if (part.transposed()) {
            return new long[] {shape[1], shape[0]};
        }
        if (part.count() > 1) {
            shape[0] /= part.count();
        }
        return shape;
    }

    @Override
    public void read(String name, Tensor into) throws IOException {
        Part part = part(name);
        Shapes.requireSame(name, shape(name), into);
        if (!part.transposed() && part.count() == 1) {
            canonical.read(part.canonical(), into);
            return;
        }
        Tensor whole = HostTensors.read(canonical, part.canonical(), into.dtype());
        if (part.transposed()) {
            CanonicalTensors.transpose(whole, into);
        } else {
            long[] shape = shape(name);
            into.bytes()
                    .put(CanonicalTensors.slice(whole, part.index() * shape[0], shape)
                            .bytes());
        }
    }

    @Override
    public Map<String, String> metadata() {
        return canonical.metadata();
    }

    @Override
    public void close() throws IOException {
        canonical.close();
    }

    private Part part(String name) {
        Part part = parts.get(name);
        if (part == null) {
            throw new IllegalArgumentException("there is no tensor '" + name + "'");
        }
        return part;
    }
}
