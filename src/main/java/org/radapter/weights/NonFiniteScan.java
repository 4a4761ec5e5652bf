package org.radapter.weights;

import java.nio.ByteBuffer;
import org.radapter.tensor.DType;
import org.radapter.tensor.Floats;

/** Looks for NaN and infinity in raw floating-point numbers: all exponent bits set. */
final class NonFiniteScan {
    private NonFiniteScan() {}

    /**
     * Checks the elements from byte {@code start} to the position of {@code bytes} (native order).
     *
     * @param what names the tensor in the message
     * @throws WeightsFormatException naming the first element that is not finite, counted from the buffer's start
     */
    static void requireFinite(ByteBuffer bytes, int start, DType dtype, String what) throws WeightsFormatException {
        int size = dtype.bytes();
        for (int at = start; at < bytes.position(); at += size) {
            boolean finite = switch (dtype) {
                case F64 -> (~bytes.getLong(at) & 0x7ff0000000000000L) != 0;
                case F32 -> (~bytes.getInt(at) & 0x7f800000) != 0;
                case BF16 -> (~bytes.getShort(at) & 0x7f80) != 0;
                case F16 -> (~bytes.getShort(at) & 0x7c00) != 0;
                case I32, U8, I64 -> true;
            };
            if (!finite) {
                throw Elements.refused(value(bytes, at, dtype), at / size, dtype, what);
            }
        }
    }

    private static double value(ByteBuffer bytes, int at, DType dtype) {
        return switch (dtype) {
            case F64 -> bytes.getDouble(at);
            case F32 -> bytes.getFloat(at);
            case BF16 -> Floats.fromBFloat16(bytes.getShort(at));
            default -> Floats.fromFloat16(bytes.getShort(at));
        };
    }
}
