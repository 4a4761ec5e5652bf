package org.radapter.weights;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/** A Hugging Face model seen through canonical names: query, key and value joined, projections transposed. */
final class CanonicalTensors implements TensorSource {
    private final TensorSource stored;
    private final Set<String> names;

    /**
     * The tensors {@code names} of a model, all of which {@code stored} must hold in Hugging Face's names.
     *
     * @throws WeightsFormatException if query, key and value have different extents
     */
    CanonicalTensors(TensorSource stored, Set<String> names) throws WeightsFormatException {
        this.stored = stored;
        this.names = Collections.unmodifiableSet(new TreeSet<>(names));
        for (String name : names) {
            requireEqualParts(parts(name).names());
        }
    }

    private void requireEqualParts(List<String> parts) throws WeightsFormatException {
        long[] first = stored.shape(parts.get(0));
        for (String part : parts) {
            long[] shape = stored.shape(part);
            if (!Arrays.equals(shape, first)) {
                throw new WeightsFormatException("tensor '" + part + "' of " + stored + " is " + Arrays.toString(shape)
                        + ", but its sibling '" + parts.get(0) + "' is " + Arrays.toString(first)
                        + "; check that the file is a whole CLIP, or download it again");
            }
        }
    }

    @Override
    public Set<String> names() {
        return names;
    }

    @Override
    public DType dtype(String name) throws IOException {
        HuggingFaceNames.Stored parts = parts(name);
        DType dtype = stored.dtype(parts.names().get(0));
        for (String part : parts.names()) {
            if (stored.dtype(part) != dtype) {
                return DType.F32;
            }
        }
        return dtype;
    }

    @Override
    public long[] shape(String name) {
        HuggingFaceNames.Stored parts = parts(name);
        long[] shape = stored.shape(parts.names().get(0));
        if (parts.transposed() && shape.length == 2) {
            return new long[] {shape[1], shape[0]};
        }
        if (shape.length > 0) {
            shape[0] *= parts.names().size();
        }
        return shape;
    }

    @Override
    public void read(String name, Tensor into) throws IOException {
        HuggingFaceNames.Stored parts = parts(name);
        Shapes.requireSame(name, shape(name), into);
        if (parts.transposed()) {
            String part = parts.names().get(0);
            Tensor transposed = HostTensors.allocate(into.dtype(), stored.shape(part));
            stored.read(part, transposed);
            transpose(transposed, into);
        } else if (parts.names().size() == 1) {
            stored.read(parts.names().get(0), into);
        } else {
            readJoined(parts, into);
        }
    }

    @Override
    public Map<String, String> metadata() {
        return stored.metadata();
    }

    @Override
    public void close() throws IOException {
        stored.close();
    }

    @Override
    public String toString() {
        return stored.toString();
    }

    private void readJoined(HuggingFaceNames.Stored parts, Tensor into) throws IOException {
        long from = 0;
        for (String part : parts.names()) {
            long[] shape = stored.shape(part);
            stored.read(part, slice(into, from, shape));
            from += shape[0];
        }
    }

    /** The part of {@code whole} that begins at {@code from} along its first extent and has the extents {@code shape}. */
    static Tensor slice(Tensor whole, long from, long[] shape) {
        return whole.rank() == 1
                ? whole.columns(from, from + shape[0]).reshape(shape)
                : whole.rows(from, from + shape[0]);
    }

    static void transpose(Tensor from, Tensor into) {
        long rows = into.extent(0);
        long columns = into.extent(1);
        for (long row = 0; row < rows; row++) {
            for (long column = 0; column < columns; column++) {
                into.set(row * columns + column, from.get(column * rows + row));
            }
        }
    }

    private HuggingFaceNames.Stored parts(String name) {
        HuggingFaceNames.Stored parts = names.contains(name) ? HuggingFaceNames.of(name) : null;
        if (parts == null) {
            throw new IllegalArgumentException(stored + " has no tensor '" + name + "'");
        }
        return parts;
    }
}
