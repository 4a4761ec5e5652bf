package org.radapter.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A piece of memory that tensors view: where it lies for native code, and, if the host can read it, as a buffer.
 *
 * <p>A storage does not own its memory; the {@link Arena} it came from does.
 */
public final class Storage {
    private final long bytes;
    private @Nullable ByteBuffer buffer;
    private long address;
    private volatile boolean valid = true;

    private Storage(@Nullable ByteBuffer buffer, long address, long bytes) {
        this.buffer = buffer == null ? null : buffer.order(ByteOrder.nativeOrder());
        this.address = address;
        this.bytes = bytes;
    }

    /**
     * Memory the host reads and writes through {@code buffer}.
     *
     * @param address where native code finds it, 0 if no native code may
     */
    public static Storage host(ByteBuffer buffer, long address) {
        return new Storage(buffer, address, buffer.capacity());
    }

    /** Memory of a device, which the host cannot read. */
    public static Storage device(long address, long bytes) {
        return new Storage(null, address, bytes);
    }

    /** Size in bytes. */
    public long bytes() {
        return bytes;
    }

    boolean isHost() {
        return buffer != null;
    }

    /** Marks the memory as given back: every later use of a tensor on it throws {@link IllegalStateException}. */
    public void invalidate() {
        valid = false;
        buffer = null;
        address = 0;
    }

    long address() {
        requireValid();
        return address;
    }

    ByteBuffer buffer() {
        requireValid();
        ByteBuffer buffer = this.buffer;
        if (buffer == null) {
            throw new IllegalStateException("this tensor lies in device memory; copy it to the host to read it");
        }
        return buffer;
    }

    private void requireValid() {
        if (!valid) {
            throw new IllegalStateException("this tensor's arena is closed");
        }
    }
}
