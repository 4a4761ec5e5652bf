package org.radapter.kernels.jni;

/** Scratch memory of a backend's calls, which come one after another; it grows and is kept. */
final class Workspace implements AutoCloseable {
    /** Address of memory that nothing reads. */
    private static final long NOWHERE = 256;

    private final NativeContext context;
    private long address;
    private long bytes;
    private boolean planned;

    Workspace(NativeContext context) {
        this.context = context;
    }

    /** One that has no memory until {@link #fix}, and notes how much it must have. */
    static Workspace planned(NativeContext context) {
        Workspace workspace = new Workspace(context);
        workspace.planned = true;
        return workspace;
    }

    /** Gives it the memory that was asked for so far. */
    void fix() {
        planned = false;
        address = bytes == 0 ? 0 : context.allocate(bytes);
    }

    /** Address of at least {@code needed} bytes; valid until the next call. */
    long atLeast(long needed) {
        if (planned) {
            bytes = Math.max(bytes, needed);
            return NOWHERE;
        }
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
        if (address != 0) {
            context.free(address, bytes);
        }
        address = 0;
        bytes = 0;
    }
}
