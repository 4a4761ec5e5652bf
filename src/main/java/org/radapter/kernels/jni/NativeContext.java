package org.radapter.kernels.jni;

import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.LongPointer;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.jni.abi.Abi;
import org.radapter.tensor.DeviceMemory;

/** A {@code radapter_context} with the memory given out by it. */
final class NativeContext implements AutoCloseable {
    private static final AtomicLong LIVE_BYTES = new AtomicLong();

    private final LeakReport leakReport;
    private final boolean gpu;
    private final long stream;
    private final @Nullable Staging staging;
    private final boolean ownsStream;
    private long handle;
    private long children;
    private boolean recording;
    private boolean cublas;

    private NativeContext(long handle, boolean gpu, long foreignStream) {
        this.handle = handle;
        this.gpu = gpu;
        this.ownsStream = gpu && foreignStream == 0;
        try {
            this.stream = ownsStream ? newStream(handle) : foreignStream;
            this.staging = gpu ? new Staging(this, stream) : null;
        } catch (RuntimeException | OutOfMemoryError e) {
            Abi.radapter_context_destroy(handle);
            throw e;
        }
        this.leakReport = LeakReport.watch(this, "a native context");
    }

    /** Opens the CPU; see {@code radapter_cpu_create}. */
    static NativeContext cpu(int threads, int isa) {
        try (LongPointer created = new LongPointer(1)) {
            Status.check(Abi.radapter_cpu_create(threads, isa, created));
            return new NativeContext(created.get(), false, 0);
        }
    }

    /**
     * Opens a GPU; see {@code radapter_cuda_create}.
     *
     * @param stream of somebody else, which work is put into; 0: one of the context's own
     */
    static NativeContext cuda(String plugin, int index, long stream) {
        try (LongPointer created = new LongPointer(1)) {
            Status.check(Abi.radapter_cuda_create(plugin, index, created));
            return new NativeContext(created.get(), true, stream);
        }
    }

    /** Leaves plain products to cuBLAS from now on. */
    synchronized void useCublas() {
        Status.check(Abi.radapter_use_cublas(handle(), stream, 1));
        cublas = true;
    }

    /** Whether plain products are left to cuBLAS. */
    synchronized boolean usesCublas() {
        return cublas;
    }

    private static long newStream(long handle) {
        try (LongPointer created = new LongPointer(1)) {
            Status.check(Abi.radapter_stream_create(handle, created));
            return created.get();
        }
    }

    /** Whether this is a GPU, whose memory the host cannot see. */
    boolean isGpu() {
        return gpu;
    }

    /** The stream that all work of this context is put into; 0 on the CPU. */
    long stream() {
        return stream;
    }

    /**
     * How the host reads and writes the memory.
     *
     * @throws IllegalStateException on the CPU, where it does so in place
     */
    DeviceMemory memory() {
        if (staging == null) {
            throw new IllegalStateException("the memory of the CPU is the host's");
        }
        return staging;
    }

    /** Native bytes given out in this process and not yet given back. */
    static long liveBytes() {
        return LIVE_BYTES.get();
    }

    /**
     * The handle for native code.
     *
     * @throws IllegalStateException after {@link #close}
     */
    synchronized long handle() {
        if (handle == 0) {
            throw new IllegalStateException("this backend is closed");
        }
        return handle;
    }

    synchronized boolean isOpen() {
        return handle != 0;
    }

    /**
     * Memory aligned to 64 bytes.
     *
     * @throws OutOfMemoryError if it is refused
     */
    synchronized long allocate(long bytes) {
        requireNoRecording("allocated");
        try (LongPointer memory = new LongPointer(1)) {
            Status.check(Abi.radapter_allocate(handle(), bytes, memory));
            LIVE_BYTES.addAndGet(bytes);
            children++;
            return memory.get();
        }
    }

    /** Gives back what {@link #allocate} gave. */
    synchronized void free(long address, long bytes) {
        Status.check(Abi.radapter_free(handle(), address));
        LIVE_BYTES.addAndGet(-bytes);
        children--;
    }

    /** A stream beside {@link #stream}, for {@link #closeStream}. */
    synchronized long openStream() {
        long opened = newStream(handle());
        children++;
        return opened;
    }

    /** Ends a stream that {@link #openStream} gave, whose work is done. */
    synchronized void closeStream(long opened) {
        Status.check(Abi.radapter_stream_destroy(handle(), opened));
        children--;
    }

    /** Packs op(B) [k, n]. */
    synchronized long pack(boolean transpose, long n, long k, long address, long leadingDimension, int dtype) {
        requireNoRecording("packed");
        try (LongPointer packed = new LongPointer(1)) {
            Status.check(Abi.radapter_pack(
                    handle(), stream, transpose ? 1 : 0, n, k, address, leadingDimension, dtype, packed));
            children++;
            return packed.get();
        }
    }

    /** Notes what is put into the stream; the handle is for {@link #launch} and {@link #discard}. */
    synchronized long graph(Runnable work) {
        requireNoRecording("recorded");
        Status.check(Abi.radapter_graph_begin(handle(), stream));
        try (LongPointer created = new LongPointer(1)) {
            recording = true;
            Throwable failure = failureOf(work);
            recording = false;
            int status = Abi.radapter_graph_end(handle(), stream, created);
            if (failure == null) {
                Status.check(status);
                children++;
                return created.get();
            }
            if (status == 0) {
                Abi.radapter_graph_destroy(handle(), created.get());
            }
            if (failure instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) failure;
        }
    }

    private static @Nullable Throwable failureOf(Runnable work) {
        try {
            work.run();
            return null;
        } catch (RuntimeException | Error e) {
            return e;
        }
    }

    /** Puts noted work into the stream. */
    synchronized void launch(long graph) {
        Status.check(Abi.radapter_graph_launch(handle(), stream, graph));
    }

    /** Frees what {@link #graph} made, once its work is done. */
    synchronized void discard(long graph) {
        Status.check(Abi.radapter_stream_synchronize(handle(), stream));
        Status.check(Abi.radapter_graph_destroy(handle(), graph));
        children--;
    }

    /** Waits for all that was put into the stream; on the CPU, and after {@link #close}, there is nothing to wait for. */
    synchronized void finish() {
        if (gpu && handle != 0) {
            Status.check(Abi.radapter_stream_synchronize(handle, stream));
        }
    }

    /** Whether what is put into the stream is noted and not carried out. */
    synchronized boolean isRecording() {
        return recording;
    }

    /** Refuses what cannot be noted. */
    synchronized void requireNoRecording(String what) {
        if (recording) {
            throw new IllegalStateException("nothing can be " + what
                    + " inside Kernels.record: only operators on tensors" + " that are there already");
        }
    }

    /** Frees what {@link #pack} made. */
    synchronized void unpack(long packed) {
        Status.check(Abi.radapter_packed_destroy(handle(), packed));
        children--;
    }

    /**
     * Ends the context. Idempotent.
     *
     * @throws IllegalStateException if memory or packed matrices of it are still open
     */
    @Override
    public synchronized void close() {
        if (handle == 0) {
            return;
        }
        if (children != 0) {
            throw new IllegalStateException(
                    "close the arenas and packed matrices of a backend before the backend: " + children + " are open");
        }
        if (staging != null) {
            staging.close();
            if (ownsStream) {
                Status.check(Abi.radapter_stream_destroy(handle, stream));
            }
        }
        Status.check(Abi.radapter_context_destroy(handle));
        handle = 0;
        leakReport.closed();
    }
}
