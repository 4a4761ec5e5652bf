package org.radapter.tensor;

import java.nio.ByteBuffer;

/** Single elements in memory, by type. */
final class Elements {
    private Elements() {}

    static double get(DType dtype, ByteBuffer from, int at) {
        return switch (dtype) {
            case F64 -> from.getDouble(at);
            case F32 -> from.getFloat(at);
            case BF16 -> Floats.fromBFloat16(from.getShort(at));
            case F16 -> Floats.fromFloat16(from.getShort(at));
            case I32 -> from.getInt(at);
            case U8 -> from.get(at) & 0xff;
            case I64 -> from.getLong(at);
        };
    }

    /** Rounds to nearest even. */
    static void put(DType dtype, ByteBuffer into, int at, double value) {
        switch (dtype) {
            case F64 -> into.putDouble(at, value);
            case F32 -> into.putFloat(at, (float) value);
            case BF16 -> into.putShort(at, Floats.toBFloat16(value));
            case F16 -> into.putShort(at, Floats.toFloat16(value));
            case I32 -> into.putInt(at, (int) value);
            case U8 -> into.put(at, (byte) value);
            case I64 -> into.putLong(at, (long) value);
        }
    }
}
