package org.radapter.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/** Tensors in Java's heap, for reading and writing files; native code cannot see them. */
public final class HostTensors {
    private HostTensors() {}

    /**
     * A tensor of zeros.
     *
     * @throws IllegalArgumentException if it would have more than 2 GiB
     */
    public static Tensor allocate(DType dtype, long... shape) {
        return Tensor.onHost(dtype, shape);
    }

    /** Reads one tensor of {@code source} in the type it has there. */
    public static Tensor read(TensorSource source, String name) throws IOException {
        return read(source, name, source.dtype(name));
    }

    /** Reads one tensor of {@code source} as {@code dtype}. */
    public static Tensor read(TensorSource source, String name, DType dtype) throws IOException {
        Tensor tensor = allocate(dtype, source.shape(name));
        source.read(name, tensor);
        return tensor;
    }

    /** The bytes of a contiguous tensor as they stand in a file; its own memory where the machine is little-endian. */
    static ByteBuffer littleEndian(Tensor tensor) {
        ByteBuffer bytes = tensor.bytes();
        if (bytes.order() == ByteOrder.LITTLE_ENDIAN) {
            return bytes;
        }
        ByteBuffer swapped = ByteBuffer.allocate(bytes.limit());
        int size = tensor.dtype().bytes();
        for (int i = 0; i < swapped.limit(); i++) {
            swapped.put(i, bytes.get(i / size * size + size - 1 - i % size));
        }
        return swapped;
    }
}
