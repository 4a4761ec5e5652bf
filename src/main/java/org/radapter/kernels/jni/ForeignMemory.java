package org.radapter.kernels.jni;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.radapter.tensor.DType;
import org.radapter.tensor.Device;
import org.radapter.tensor.Storage;
import org.radapter.tensor.Tensor;

/**
 * Tensors on memory that another library owns, for the CPU's kernels or a GPU's. Nothing is copied: what kernels write
 * is seen by the owner, and the other way round.
 */
public final class ForeignMemory {
    /** Address of tensors without elements, which nothing reads. */
    private static final long NOWHERE = 64;

    private ForeignMemory() {}

    /**
     * A tensor on the host's memory at an address.
     *
     * @param address of the first element, a multiple of the element's size
     * @param strides distances in elements along each extent; the last extent must be dense and the others follow from
     *     one distance of rows, as {@link Tensor#leadingDimension} describes it
     * @param owner kept from the garbage collector as long as the tensor is; it must not free the memory before
     * @throws IllegalArgumentException if the address is null or not aligned, an extent is negative, the strides are of
     *     another layout (transposed, expanded), or the memory spans more than 2 GiB
     * @throws UnsupportedOperationException if the native library cannot be loaded
     */
    public static Tensor tensor(long address, DType dtype, long[] shape, long[] strides, Object owner) {
        NativeLibrary.require();
        return Tensor.withRowsApart(
                storage(address, dtype, shape, strides, owner), 0, dtype, shape, leadingDimension(shape, strides));
    }

    /** The memory that {@link #tensor(long, DType, long[], long[], Object)} views. */
    static Storage storage(long address, DType dtype, long[] shape, long[] strides, Object owner) {
        long leadingDimension = leadingDimension(shape, strides);
        long bytes = checkedBytes(address, dtype, shape, leadingDimension);
        return bytes == 0
                ? Storage.foreign(ByteBuffer.allocateDirect(0), NOWHERE, owner)
                : Storage.foreign(NativeMemory.view(address, bytes), address, owner);
    }

    /**
     * A tensor on the memory of a device at an address: a GPU's for kernels of that GPU, where PyTorch's, cudart's and
     * ND4J's pointers are valid as they are; otherwise as {@link #tensor(long, DType, long[], long[], Object)}. Work of
     * the owner's on the memory and work of the kernels come in order only in one stream: see {@link
     * org.radapter.kernels.BackendOptions#stream}.
     *
     * @param device {@link org.radapter.kernels.Kernels#device()} of the kernels that will use the tensor
     * @param address as the device sees it; not checked to be the device's own
     * @throws IllegalArgumentException as there, or if the device is not of native code
     */
    public static Tensor tensor(Device device, long address, DType dtype, long[] shape, long[] strides, Object owner) {
        NativeDevice gpu = NativeDevice.gpu(device);
        if (gpu == null) {
            return tensor(address, dtype, shape, strides, owner);
        }
        return Tensor.withRowsApart(
                storage(gpu, address, dtype, shape, strides, owner), 0, dtype, shape, leadingDimension(shape, strides));
    }

    /** The memory of a GPU that {@link #tensor(Device, long, DType, long[], long[], Object)} views. */
    static Storage storage(NativeDevice gpu, long address, DType dtype, long[] shape, long[] strides, Object owner) {
        long bytes = checkedBytes(address, dtype, shape, leadingDimension(shape, strides));
        return Storage.foreignDevice(gpu.context().memory(), bytes == 0 ? NOWHERE : address, bytes, owner);
    }

    private static long checkedBytes(long address, DType dtype, long[] shape, long leadingDimension) {
        long bytes = Math.multiplyExact(span(shape, leadingDimension), dtype.bytes());
        if (bytes > 0 && (address <= 0 || address % dtype.bytes() != 0)) {
            throw new IllegalArgumentException("the address 0x" + Long.toHexString(address) + " is "
                    + (address == 0 ? "null" : "no multiple of " + dtype.bytes() + ", the size of " + dtype));
        }
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a tensor " + dtype + Arrays.toString(shape) + " spans " + bytes
                    + " bytes, more than 2 GiB; split it by rows");
        }
        return bytes;
    }

    /**
     * A dense tensor on a direct buffer, from its position on.
     *
     * @param buffer direct; kept from the garbage collector as long as the tensor is
     * @throws IllegalArgumentException if the buffer lies on the Java heap, is read-only, too short, or not aligned
     */
    public static Tensor tensor(ByteBuffer buffer, DType dtype, long... shape) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("this buffer lies on the Java heap, where native code cannot reach it;"
                    + " take ByteBuffer.allocateDirect");
        }
        if (buffer.isReadOnly()) {
            throw new IllegalArgumentException("this buffer is read-only");
        }
        long bytes = dtype.bytes();
        for (long extent : shape) {
            bytes = Math.multiplyExact(bytes, extent);
        }
        if (bytes > buffer.remaining()) {
            throw new IllegalArgumentException("a tensor " + dtype + Arrays.toString(shape) + " needs " + bytes
                    + " bytes, the buffer has " + buffer.remaining() + " left");
        }
        NativeLibrary.require();
        long address;
        try (BytePointer start = new BytePointer(buffer)) {
            address = start.address() + start.position();
        }
        return tensor(address, dtype, shape, denseStrides(shape), buffer);
    }

    /** Distances in elements of a dense tensor. */
    public static long[] denseStrides(long... shape) {
        long[] strides = new long[shape.length];
        long distance = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = distance;
            distance = Math.multiplyExact(distance, Math.max(1, shape[i]));
        }
        return strides;
    }

    /**
     * Refuses to show a tensor to a library that reads and writes the host's memory as it likes.
     *
     * @throws IllegalStateException if the tensor lies on a device, or was itself lent for reading alone
     */
    public static void requireWritableByOthers(Tensor tensor) {
        if (!tensor.isHost()) {
            throw new IllegalStateException("this tensor lies on a device; take Tensor.toHost");
        }
        if (tensor.isReadOnly()) {
            throw new IllegalStateException(
                    "this tensor's memory was lent for reading alone, and the library it would be"
                            + " shown to can write to it; show it a copy");
        }
    }

    /** Distances in elements of a tensor of ours, which other libraries ask for. */
    public static long[] strides(Tensor tensor) {
        long[] shape = tensor.shape();
        long[] strides = denseStrides(shape);
        if (shape.length > 1 && tensor.size() > 0) {
            strides[shape.length - 2] = tensor.leadingDimension();
            for (int i = shape.length - 3; i >= 0; i--) {
                strides[i] = strides[i + 1] * shape[i + 1];
            }
        }
        return strides;
    }

    /** The one distance of rows that the strides amount to; strides of extents of one say nothing. */
    static long leadingDimension(long[] shape, long[] strides) {
        if (shape.length != strides.length) {
            throw new IllegalArgumentException(
                    shape.length + " extents and " + strides.length + " strides; there must be as many");
        }
        int last = shape.length - 1;
        if (Arrays.stream(shape).anyMatch(extent -> extent == 0) || last < 0) {
            return last < 0 ? 1 : Math.max(shape[last], 0);
        }
        long leadingDimension = shape[last];
        long expected = 0;
        boolean fits = shape[last] == 1 || strides[last] == 1;
        for (int i = last - 1; i >= 0; i--) {
            if (shape[i] == 1) {
                continue;
            }
            if (expected == 0) {
                leadingDimension = strides[i];
                fits &= leadingDimension >= shape[last];
            } else {
                fits &= strides[i] == expected;
            }
            expected = strides[i] * shape[i];
        }
        if (!fits) {
            throw new IllegalArgumentException("strides " + Arrays.toString(strides) + " of the shape "
                    + Arrays.toString(shape) + " are not those of rows; make the tensor contiguous first");
        }
        return leadingDimension;
    }

    private static long span(long[] shape, long leadingDimension) {
        long rows = 1;
        for (int i = 0; i < shape.length - 1; i++) {
            rows = Math.multiplyExact(rows, shape[i]);
        }
        long columns = shape.length == 0 ? 1 : shape[shape.length - 1];
        return rows == 0 || columns == 0 ? 0 : Math.addExact(Math.multiplyExact(rows - 1, leadingDimension), columns);
    }
}
