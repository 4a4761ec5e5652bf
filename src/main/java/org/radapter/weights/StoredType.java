package org.radapter.weights;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.DType;
import org.radapter.tensor.Floats;

/** Element types of the safetensors format, and how their bytes become numbers. */
enum StoredType {
    F64(8, DType.F64),
    F32(4, DType.F32),
    F16(2, DType.F16),
    BF16(2, DType.BF16),
    I64(8, DType.I64),
    I32(4, DType.I32),
    I16(2, DType.I32),
    I8(1, DType.I32),
    U8(1, DType.U8),
    BOOL(1, DType.U8),
    U64(8, null),
    U32(4, DType.I64),
    U16(2, DType.I32),
    C64(8, null),
    F8_E4M3(1, null),
    F8_E5M2(1, null),
    F8_E8M0(1, null);

    private static final Map<String, StoredType> BY_NAME = new HashMap<>();

    static {
        for (StoredType type : values()) {
            BY_NAME.put(type.name(), type);
        }
    }

    private final int bytes;
    private final @Nullable DType holder;

    StoredType(int bytes, @Nullable DType holder) {
        this.bytes = bytes;
        this.holder = holder;
    }

    /** The type of this name, or null. */
    static @Nullable StoredType named(String name) {
        return BY_NAME.get(name);
    }

    /** The type a tensor is stored as. */
    static StoredType of(DType dtype) {
        return valueOf(dtype.name());
    }

    int bytes() {
        return bytes;
    }

    /** The type that holds every value exactly; null if there is none. */
    @Nullable
    DType holder() {
        return holder;
    }

    /** Whether its bytes are those of {@code dtype} in memory. */
    boolean isStorageOf(DType dtype) {
        return name().equals(dtype.name()) || (this == BOOL && dtype == DType.U8);
    }

    /** Reads {@code count} elements at the position of {@code from} (little-endian). */
    void decode(ByteBuffer from, double[] into, int count) {
        switch (this) {
            case F64 -> from.asDoubleBuffer().get(into, 0, count);
            case F32 -> {
                for (int i = 0; i < count; i++) {
                    into[i] = from.getFloat();
                }
            }
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    into[i] = Floats.fromFloat16(from.getShort());
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    into[i] = Floats.fromBFloat16(from.getShort());
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    into[i] = integer(from);
                }
            }
        }
    }

    private long integer(ByteBuffer from) {
        return switch (this) {
            case I64 -> from.getLong();
            case I32 -> from.getInt();
            case I16 -> from.getShort();
            case I8 -> from.get();
            case U8, BOOL -> from.get() & 0xff;
            case U32 -> from.getInt() & 0xffffffffL;
            case U16 -> from.getShort() & 0xffff;
            default -> throw new IllegalStateException(name());
        };
    }
}
