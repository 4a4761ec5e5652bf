package org.radapter.tensor;

import java.io.Closeable;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/**
 * Named tensors that are read one at a time, from a file or from memory.
 *
 * <p>Safe for use by several threads as long as each reads into tensors of its own.
 */
public interface TensorSource extends Closeable {
    /** All names, sorted. */
    Set<String> names();

    /** Whether there is a tensor of this name. */
    default boolean contains(String name) {
        return names().contains(name);
    }

    /**
     * The element type that holds the stored values exactly; truth values are U8.
     *
     * @throws IllegalArgumentException if there is no such tensor
     * @throws IOException if the stored type has no equivalent
     */
    DType dtype(String name) throws IOException;

    /**
     * The extents; empty for a scalar.
     *
     * @throws IllegalArgumentException if there is no such tensor
     */
    long[] shape(String name);

    /**
     * Reads a whole tensor, converting it to the type of {@code into} by rounding to nearest even.
     *
     * @param into of the same extents, readable by the host; a scalar may also be read into {@code [1]}
     * @throws IllegalArgumentException if there is no such tensor, the extents differ, or floating-point numbers would
     *     become integers
     * @throws IOException if the file cannot be read, has become shorter, or holds a value that is refused or that the
     *     type of {@code into} cannot hold
     */
    void read(String name, Tensor into) throws IOException;

    /**
     * As {@link #read}, into a tensor on any device.
     *
     * @throws IllegalArgumentException as {@link #read}
     * @throws IOException as {@link #read}
     */
    default void load(String name, Tensor into) throws IOException {
        if (into.isHost()) {
            read(name, into);
            return;
        }
        Tensor host = Tensor.onHost(into.dtype(), into.shape());
        read(name, host);
        into.copyFrom(host);
    }

    /** Free-form notes that were stored with the tensors. */
    Map<String, String> metadata();

    /** Closes the files behind this; nothing can be read afterwards. */
    @Override
    void close() throws IOException;
}
