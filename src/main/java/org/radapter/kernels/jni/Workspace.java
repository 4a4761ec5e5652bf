package org.radapter.kernels.jni;

/** Scratch memory of a backend's calls, which come one after another; it grows and is kept. */
final class Workspace implements AutoCloseable {
    private final NativeContext context;
    private long address;
    private long bytes;

    Workspace(NativeContext context) {
        this.context = context;
    }

    /** Address of at least {@code needed} bytes; valid until the next call. */
    long atLeast(long needed) {
        if (needed > bytes) {
            long grown = Math.max(needed, Math.min(2 * bytes, needed + needed / 2));
            close();
            address = context.allocate(grown);
            bytes = grown;
        }
        return address;
    }

    /** What {@link #atLeast} really has. */
    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        if (bytes != 0) {
            context.free(address, bytes);
            address = 0;
            bytes = 0;
        }
    }
}
