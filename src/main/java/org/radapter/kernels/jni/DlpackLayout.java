package org.radapter.kernels.jni;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.radapter.tensor.DType;

/**
 * Where the fields of a {@code DLTensor} lie on a 64-bit machine (dlpack.h, version 0.8 and 1.x alike), and what they
 * mean.
 */
final class DlpackLayout {
    static final int DATA = 0;
    static final int DEVICE_TYPE = 8;
    static final int DEVICE_ID = 12;
    static final int RANK = 16;
    static final int TYPE_CODE = 20;
    static final int TYPE_BITS = 21;
    static final int TYPE_LANES = 22;
    static final int SHAPE = 24;
    static final int STRIDES = 32;
    static final int BYTE_OFFSET = 40;
    static final int BYTES = 48;

    /** {@code kDLCPU}. */
    static final int CPU = 1;
    /** {@code kDLCUDA}: a GPU's memory. */
    static final int CUDA = 2;
    /** {@code kDLCUDAHost}: the host's memory, pinned. */
    static final int CUDA_HOST = 3;

    private static final int INT = 0;
    private static final int UINT = 1;
    private static final int FLOAT = 2;
    private static final int BFLOAT = 4;
    private static final int COMPLEX = 5;
    private static final int BOOL = 6;

    private DlpackLayout() {}

    /** The host's memory at an address. */
    static ByteBuffer at(long address, long bytes) {
        return NativeMemory.view(address, bytes).order(ByteOrder.nativeOrder());
    }

    static int typeCode(DType dtype) {
        return switch (dtype) {
            case F64, F32, F16 -> FLOAT;
            case BF16 -> BFLOAT;
            case I32, I64 -> INT;
            case U8 -> UINT;
        };
    }

    /**
     * The element type that {@code DLDataType} describes.
     *
     * @throws IllegalArgumentException if radapter has none of that kind
     */
    static DType dtype(int code, int bits, int lanes) {
        if (lanes == 1) {
            for (DType dtype : DType.values()) {
                if (typeCode(dtype) == code && dtype.bytes() * 8 == bits) {
                    return dtype;
                }
            }
        }
        throw new IllegalArgumentException("radapter has no type " + name(code) + bits
                + (lanes == 1 ? "" : " of " + lanes + " lanes") + "; convert the tensor before it is lent");
    }

    private static String name(int code) {
        return switch (code) {
            case INT -> "int";
            case UINT -> "uint";
            case FLOAT -> "float";
            case BFLOAT -> "bfloat";
            case COMPLEX -> "complex";
            case BOOL -> "bool";
            default -> "of DLPack's code " + code + " with bits ";
        };
    }
}
