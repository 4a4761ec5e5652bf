package org.radapter.interop.nd4j;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.radapter.kernels.jni.ForeignMemory;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** One piece of memory as a tensor of radapter's and an array of ND4J's CPU backend. Nothing is copied either way. */
public final class Nd4jTensors {
    private Nd4jTensors() {}

    /**
     * A view on an array's memory; it keeps the array reachable.
     *
     * @param array in C order, or with rows of one distance, as a slice of columns has
     * @throws IllegalArgumentException if the array is closed or compressed, of a type radapter does not have, or laid out
     *     in another way (take {@code dup('c')} then)
     * @throws UnsupportedOperationException if ND4J works on a GPU, or the native library cannot be loaded
     */
    public static Tensor view(INDArray array) {
        requireCpu();
        if (array.wasClosed()) {
            throw new IllegalArgumentException("this INDArray is closed");
        }
        if (array.isCompressed()) {
            throw new IllegalArgumentException("this INDArray is compressed; decompress it first");
        }
        DType dtype = dtype(array.dataType());
        if (array.isEmpty()) {
            return ForeignMemory.tensor(0, dtype, array.shape(), ForeignMemory.denseStrides(array.shape()), array);
        }
        long address = array.data().pointer().address() + array.offset() * dtype.bytes();
        try {
            return ForeignMemory.tensor(address, dtype, array.shape(), array.stride(), array);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(e.getMessage() + " (an INDArray by dup('c'))", e);
        }
    }

    /**
     * An array on a radapter tensor's memory. The arena of {@code tensor} must stay open as long as the array is used; the
     * array keeps nothing alive.
     *
     * @throws IllegalArgumentException if the tensor has no elements, which ND4J has no memory for
     * @throws IllegalStateException if {@code tensor} is not native memory of the host, was lent for reading alone, or its
     *     arena is closed
     * @throws UnsupportedOperationException if ND4J works on a GPU
     */
    public static INDArray of(Tensor tensor) {
        requireCpu();
        ForeignMemory.requireWritableByOthers(tensor);
        if (tensor.size() == 0) {
            throw new IllegalArgumentException(tensor + " has no elements; take Nd4j.empty");
        }
        long span = (tensor.rows() - 1) * tensor.leadingDimension() + tensor.columns();
        DataBuffer buffer = Nd4j.createBuffer(
                new Span(tensor.address(), span * tensor.dtype().bytes()), span, type(tensor.dtype()));
        return Nd4j.create(buffer, tensor.shape(), ForeignMemory.strides(tensor), 0, 'c');
    }

    private static void requireCpu() {
        if (!Nd4j.getEnvironment().isCPU()) {
            throw new UnsupportedOperationException("ND4J works on a GPU here, whose arrays lie in two places;"
                    + " put nd4j-native on the class path instead of nd4j-cuda");
        }
    }

    private static DType dtype(DataType type) {
        for (DType dtype : DType.values()) {
            if (type(dtype) == type) {
                return dtype;
            }
        }
        throw new IllegalArgumentException("radapter has no type " + type);
    }

    private static DataType type(DType dtype) {
        return switch (dtype) {
            case F64 -> DataType.DOUBLE;
            case F32 -> DataType.FLOAT;
            case BF16 -> DataType.BFLOAT16;
            case F16 -> DataType.FLOAT16;
            case I32 -> DataType.INT32;
            case I64 -> DataType.INT64;
            case U8 -> DataType.UINT8;
        };
    }

    /** Memory that JavaCPP neither allocated nor will free. */
    private static final class Span extends BytePointer {
        Span(long address, long bytes) {
            super((Pointer) null);
            this.address = address;
            this.limit = bytes;
            this.capacity = bytes;
        }
    }
}
