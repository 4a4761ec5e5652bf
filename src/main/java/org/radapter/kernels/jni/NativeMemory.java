package org.radapter.kernels.jni;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.radapter.tensor.Storage;

/** One piece of a context's memory, at most 2 GiB; on the CPU the host sees it as a buffer. */
final class NativeMemory implements AutoCloseable {
    private final NativeContext context;
    private final long address;
    private final long bytes;
    private final Storage storage;

    NativeMemory(NativeContext context, long bytes) {
        this.context = context;
        this.bytes = bytes;
        this.address = context.allocate(bytes);
        this.storage = context.isGpu()
                ? Storage.device(context.memory(), address, bytes)
                : Storage.host(view(address, bytes), address);
    }

    /** The host's memory at an address, as a buffer that does not own it. */
    static ByteBuffer view(long address, long bytes) {
        return new View(address, bytes).asByteBuffer();
    }

    long bytes() {
        return bytes;
    }

    Storage storage() {
        return storage;
    }

    /** Every later use of a tensor on this memory is an exception, not a crash. */
    @Override
    public void close() {
        storage.invalidate();
        context.free(address, bytes);
    }

    /** Memory that JavaCPP did not allocate and will not free. */
    private static final class View extends BytePointer {
        View(long address, long bytes) {
            super((Pointer) null);
            this.address = address;
            this.limit = bytes;
            this.capacity = bytes;
        }
    }
}
