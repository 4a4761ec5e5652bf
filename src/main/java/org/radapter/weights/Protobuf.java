package org.radapter.weights;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A message in protobuf's wire format, as far as the files written here need it. Each method adds a field. */
public final class Protobuf {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int DELIMITED = 2;
    private static final int FIXED32 = 5;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** A message without a field. */
    public Protobuf() {}

    /** An integer or enumeration. */
    public Protobuf integer(int field, long value) {
        tag(field, VARINT);
        varint(value);
        return this;
    }

    /** A float. */
    public Protobuf real(int field, float value) {
        tag(field, FIXED32);
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(value)
                .array());
        return this;
    }

    /** A double. */
    public Protobuf wide(int field, double value) {
        tag(field, FIXED64);
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putDouble(value)
                .array());
        return this;
    }

    /** A string. */
    public Protobuf text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** A message within this. */
    public Protobuf message(int field, Protobuf value) {
        return bytes(field, value.toBytes());
    }

    private Protobuf bytes(int field, byte[] value) {
        begin(field, value.length);
        out.writeBytes(value);
        return this;
    }

    /** The head of a field of {@code length} bytes that follow by other ways. */
    public Protobuf begin(int field, long length) {
        tag(field, DELIMITED);
        varint(length);
        return this;
    }

    /** Everything so far. */
    public byte[] toBytes() {
        return out.toByteArray();
    }

    private void tag(int field, int wireType) {
        varint(((long) field << 3) | wireType);
    }

    private void varint(long value) {
        long left = value;
        while ((left & ~0x7fL) != 0) {
            out.write((int) ((left & 0x7f) | 0x80));
            left >>>= 7;
        }
        out.write((int) left);
    }
}
