package org.radapter.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A piece of memory that tensors view: where it lies for native code, and, if the host can read it, as a buffer.
 *
 * <p>A storage does not own its memory; the {@link Arena} it came from does.
 */
public final class Storage {
    private final long bytes;
    private final @Nullable DeviceMemory device;
    /** What keeps the memory alive, where that is no arena. */
    @SuppressWarnings("UnusedVariable") // held, never read
    private @Nullable Object owner;

    private @Nullable ByteBuffer buffer;
    private long address;
    private volatile boolean valid = true;
    private boolean readOnly;

    private Storage(@Nullable ByteBuffer buffer, @Nullable DeviceMemory device, long address, long bytes) {
        this.buffer = buffer == null ? null : buffer.order(ByteOrder.nativeOrder());
        this.device = device;
        this.address = address;
        this.bytes = bytes;
    }

    /**
     * Memory the host reads and writes through {@code buffer}.
     *
     * @param address where native code finds it, 0 if no native code may
     */
    public static Storage host(ByteBuffer buffer, long address) {
        return new Storage(buffer, null, address, buffer.capacity());
    }

    /**
     * As {@link #host}, of somebody else's memory: {@code owner} is kept from the garbage collector as long as there is a
     * tensor on it.
     */
    public static Storage foreign(ByteBuffer buffer, long address, Object owner) {
        Storage storage = host(buffer, address);
        storage.owner = owner;
        return storage;
    }

    /** Memory of a device, which the host reads and writes by copies. */
    public static Storage device(DeviceMemory memory, long address, long bytes) {
        return new Storage(null, memory, address, bytes);
    }

    /** Memory of a device that {@code owner} keeps. */
    public static Storage foreignDevice(DeviceMemory memory, long address, long bytes, Object owner) {
        Storage storage = device(memory, address, bytes);
        storage.owner = owner;
        return storage;
    }

    /** This for reading alone, before a tensor is made on it: every write by the host or a kernel is refused. */
    public Storage readOnly() {
        readOnly = true;
        if (buffer != null) {
            buffer = buffer.asReadOnlyBuffer().order(ByteOrder.nativeOrder());
        }
        return this;
    }

    boolean liesIn(DeviceMemory memory) {
        return device == memory;
    }

    boolean isReadOnly() {
        return readOnly;
    }

    /** Size in bytes. */
    public long bytes() {
        return bytes;
    }

    boolean isHost() {
        return device == null;
    }

    DeviceMemory memory() {
        return Objects.requireNonNull(device);
    }

    /** A copy of {@code count} bytes from {@code offset} on, in native order. */
    ByteBuffer read(long offset, int count) {
        requireValid();
        ByteBuffer copy = ByteBuffer.allocate(count).order(ByteOrder.nativeOrder());
        if (device == null) {
            copy.put(0, buffer(), (int) offset, count);
        } else if (count > 0) {
            device.read(address + offset, copy.duplicate());
        }
        return copy;
    }

    /** Stores the bytes of {@code from}, from its position to its limit, from {@code offset} on. */
    void write(long offset, ByteBuffer from) {
        requireValid();
        requireWritable();
        if (device == null) {
            buffer().put((int) offset, from, from.position(), from.remaining());
        } else if (from.hasRemaining()) {
            device.write(from, address + offset);
        }
    }

    /** Marks the memory as given back: every later use of a tensor on it throws {@link IllegalStateException}. */
    public void invalidate() {
        valid = false;
        buffer = null;
        owner = null;
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
            throw new IllegalStateException(
                    "this tensor lies in device memory, which the host cannot see; take Tensor.toHost");
        }
        return buffer;
    }

    void requireWritable() {
        if (readOnly) {
            throw new IllegalStateException("this tensor's memory was lent for reading alone; write to a copy of it");
        }
    }

    private void requireValid() {
        if (!valid) {
            throw new IllegalStateException("this tensor's arena is closed");
        }
    }
}
