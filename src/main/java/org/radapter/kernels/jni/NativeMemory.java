package org.radapter.kernels.jni;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.radapter.tensor.Storage;

/** One piece of a context's memory, at most 2 GiB, seen by the host as a buffer. */
final class NativeMemory implements AutoCloseable {
    private final NativeContext context;
    private final long address;
    private final long bytes;
    private final Storage storage;

    NativeMemory(NativeContext context, long bytes) {
        this.context = context;
        this.bytes = bytes;
        this.address = context.allocate(bytes);
        this.storage = Storage.host(new View(address, bytes).asByteBuffer(), address);
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
