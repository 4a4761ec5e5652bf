package org.radapter.tensor;

/** Element types of tensors. {@link #F64} exists for the reference backend alone. */
public enum DType {
    /** IEEE binary64. */
    F64(8, -1),
    /** IEEE binary32. */
    F32(4, 0),
    /** The upper half of a binary32. */
    BF16(2, 1),
    /** IEEE binary16. */
    F16(2, 2),
    /** Signed 32-bit integers: token ids, labels, row numbers. */
    I32(4, 3),
    /** Unsigned bytes. */
    U8(1, 4),
    /** Signed 64-bit integers: offsets. */
    I64(8, 5);

    private final int bytes;
    private final int code;

    DType(int bytes, int code) {
        this.bytes = bytes;
        this.code = code;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** The number of this type in {@code radapter.h}, -1 where native code does not know it. */
    public int code() {
        return code;
    }

    /** Whether elements are floating-point numbers. */
    public boolean isFloating() {
        return this == F64 || this == F32 || this == BF16 || this == F16;
    }

    /**
     * Type of statistics, masters and gradients of weights that go with activations of this type: F64 with F64, else
     * F32.
     */
    public DType master() {
        return this == F64 ? F64 : F32;
    }

    /** Largest relative error of rounding to this type; 0 for integers. */
    public double unitRoundoff() {
        return switch (this) {
            case F64 -> 0x1p-53;
            case F32 -> 0x1p-24;
            case BF16 -> 0x1p-8;
            case F16 -> 0x1p-11;
            case I32, U8, I64 -> 0;
        };
    }
}
