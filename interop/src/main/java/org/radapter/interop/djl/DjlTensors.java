package org.radapter.interop.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.radapter.kernels.jni.ForeignMemory;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * One piece of memory as a tensor of radapter's and an array of DJL's, whatever its engine. DJL tells neither strides nor
 * whether a buffer it gives is a copy; what would be one is found out, and refused.
 */
public final class DjlTensors {
    private DjlTensors() {}

    /**
     * A view on an array's memory. The array must stay open as long as the view is used; the view keeps nothing alive.
     *
     * @param array on the CPU, dense
     * @throws IllegalArgumentException if the array lies on a device, is sparse, of a type radapter does not have, on the
     *     Java heap, or such that its engine gives a copy (a transposed array; take {@code flatten()} and reshape it)
     * @throws UnsupportedOperationException if the engine gives no buffers, or the native library cannot be loaded
     */
    public static Tensor view(NDArray array) {
        if (array.getDevice().isGpu()) {
            throw new IllegalArgumentException("this NDArray lies on " + array.getDevice()
                    + ", not on the CPU; take toDevice(Device.cpu(), false)");
        }
        if (array.isSparse()) {
            throw new IllegalArgumentException("this NDArray is sparse; take toDense()");
        }
        DType dtype = dtype(array.getDataType());
        ByteBuffer buffer = array.toByteBuffer(true);
        if (buffer.hasRemaining() && address(buffer) != address(array.toByteBuffer(true))) {
            throw new IllegalArgumentException("the engine of this NDArray gives copies of its memory,"
                    + " as PyTorch does of a transposed one; take flatten() and reshape it");
        }
        return ForeignMemory.tensor(buffer, dtype, array.getShape().getShape());
    }

    /**
     * An array on a radapter tensor's memory. The arena of {@code tensor} must stay open as long as the array is.
     *
     * @param manager of an engine that takes direct buffers as they are, such as PyTorch's
     * @throws IllegalArgumentException if the rows of {@code tensor} have gaps
     * @throws IllegalStateException if it lies on a device, was lent for reading alone, or its arena is closed
     * @throws UnsupportedOperationException if the manager's engine copies buffers
     */
    public static NDArray of(NDManager manager, Tensor tensor) {
        ForeignMemory.requireWritableByOthers(tensor);
        if (!tensor.isContiguous()) {
            throw new IllegalArgumentException(
                    tensor + " has gaps between its rows, DJL takes dense arrays; copy it with Kernels.convert");
        }
        NDArray array = manager.create(tensor.bytes(), new Shape(tensor.shape()), type(tensor.dtype()));
        ByteBuffer shown = array.toByteBuffer(true);
        if (tensor.size() > 0 && (!shown.isDirect() || address(shown) != tensor.address())) {
            array.close();
            throw new UnsupportedOperationException(
                    "the engine " + manager.getEngine().getEngineName() + " copies what an array is made of");
        }
        return array;
    }

    private static long address(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            return 0;
        }
        try (BytePointer start = new BytePointer(buffer)) {
            return start.address() + start.position();
        }
    }

    private static DType dtype(DataType type) {
        return switch (type) {
            case FLOAT64 -> DType.F64;
            case FLOAT32 -> DType.F32;
            case BFLOAT16 -> DType.BF16;
            case FLOAT16 -> DType.F16;
            case INT32 -> DType.I32;
            case INT64 -> DType.I64;
            case UINT8 -> DType.U8;
            default -> throw new IllegalArgumentException("radapter has no type " + type);
        };
    }

    private static DataType type(DType dtype) {
        return switch (dtype) {
            case F64 -> DataType.FLOAT64;
            case F32 -> DataType.FLOAT32;
            case BF16 -> DataType.BFLOAT16;
            case F16 -> DataType.FLOAT16;
            case I32 -> DataType.INT32;
            case I64 -> DataType.INT64;
            case U8 -> DataType.UINT8;
        };
    }
}
