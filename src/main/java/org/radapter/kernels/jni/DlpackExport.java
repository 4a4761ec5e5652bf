package org.radapter.kernels.jni;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacpp.BytePointer;
import org.radapter.kernels.jni.abi.Abi;
import org.radapter.tensor.Tensor;

/**
 * A tensor of ours lent by DLPack: a {@code DLManagedTensor} on the tensor's own memory, for any library that takes one.
 *
 * <p>The borrower calls the structure's deleter when it is done, from whatever thread; that is counted in C, so that no
 * thread enters the JVM by it. Until then the tensor's arena must stay open. {@link #close} takes the structure's memory
 * back, and refuses as long as the borrower has not returned it; an export that is never closed stays, so that the borrower
 * never reads freed memory.
 */
public final class DlpackExport implements AutoCloseable {
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
    /** Exports whose structures a borrower may still read. */
    private static final Set<DlpackExport> LENT = ConcurrentHashMap.newKeySet();

    private final Tensor tensor;
    private final BytePointer memory;
    private final ByteBuffer fields;
    private final int releases;
    private boolean taken;
    private boolean closed;

    private DlpackExport(Tensor tensor) {
        this.tensor = tensor;
        long[] shape = tensor.shape();
        int lists = 2 * shape.length * Long.BYTES;
        releases = DlpackLayout.BYTES + lists;
        int bytes = releases + Integer.BYTES;
        memory = new BytePointer(bytes);
        fields = DlpackLayout.at(memory.address(), bytes);
        for (int i = 0; i < bytes; i++) {
            fields.put(i, (byte) 0);
        }
        fields.putLong(DlpackLayout.DATA, tensor.address());
        fields.putInt(DlpackLayout.DEVICE_TYPE, DlpackLayout.CPU);
        fields.putInt(DlpackLayout.RANK, shape.length);
        fields.put(DlpackLayout.TYPE_CODE, (byte) DlpackLayout.typeCode(tensor.dtype()));
        fields.put(DlpackLayout.TYPE_BITS, (byte) (8 * tensor.dtype().bytes()));
        fields.putShort(DlpackLayout.TYPE_LANES, (short) 1);
        fields.putLong(DlpackLayout.SHAPE, list(DlpackLayout.BYTES, shape));
        fields.putLong(
                DlpackLayout.STRIDES,
                list(DlpackLayout.BYTES + shape.length * Long.BYTES, ForeignMemory.strides(tensor)));
        fields.putLong(DlpackLayout.MANAGER_CONTEXT, memory.address() + releases);
        fields.putLong(DlpackLayout.DELETER, Abi.radapter_dlpack_deleter());
        LENT.add(this);
    }

    private long list(int at, long[] values) {
        for (int i = 0; i < values.length; i++) {
            fields.putLong(at + i * Long.BYTES, values[i]);
        }
        return memory.address() + at;
    }

    /**
     * Prepares to lend a tensor.
     *
     * @param tensor in native memory of the host; rows may be apart, as the structure's strides say
     * @throws IllegalStateException if the tensor lies on a device or on the Java heap, or its arena is closed
     * @throws UnsupportedOperationException if the native library cannot be loaded
     */
    public static DlpackExport of(Tensor tensor) {
        NativeLibrary.require();
        if (!tensor.isHost()) {
            throw new IllegalStateException("this tensor lies on a device; take Tensor.toHost");
        }
        return new DlpackExport(tensor);
    }

    /**
     * Lends the tensor: the address of the {@code DLManagedTensor}, to be handed to one borrower, who calls its deleter
     * once.
     *
     * @throws IllegalStateException if it was lent before, or this is closed
     */
    public synchronized long lend() {
        if (closed || taken) {
            throw new IllegalStateException(
                    closed ? "this export is closed" : "this tensor is lent; make an export for each borrower");
        }
        taken = true;
        return memory.address();
    }

    /** The tensor that is lent. */
    public Tensor tensor() {
        return tensor;
    }

    /** Whether nobody has the structure: it was not lent yet, or it came back. What the borrower wrote is then visible. */
    public synchronized boolean isReturned() {
        return closed || !taken || returns() > 0;
    }

    /** How often the deleter was called; a second time is a borrower's mistake. */
    int returns() {
        return (int) INT.getAcquire(fields, releases);
    }

    /**
     * Takes the structure's memory back; a second call does nothing.
     *
     * @throws IllegalStateException if the borrower has not called the deleter yet; close its tensor first
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        if (!isReturned()) {
            throw new IllegalStateException(
                    "the borrower still holds this tensor; close what it made of it before the export");
        }
        closed = true;
        LENT.remove(this);
        memory.close();
    }
}
