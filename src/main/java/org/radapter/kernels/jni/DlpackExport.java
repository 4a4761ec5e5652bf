package org.radapter.kernels.jni;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.jni.abi.Abi;
import org.radapter.tensor.Device;
import org.radapter.tensor.Tensor;

/**
 * A tensor of ours lent by DLPack: a {@code DLManagedTensor}, or since DLPack 1.0 a {@code DLManagedTensorVersioned}, on the
 * tensor's own memory, for any library that takes one.
 *
 * <p>The borrower calls the structure's deleter when it is done, from whatever thread; that is counted in C, so that no
 * thread enters the JVM by it. Until then the tensor's arena must stay open. {@link #close} takes the structure's memory
 * back, and refuses as long as the borrower has not returned it; an export that is never closed stays, so that the borrower
 * never reads freed memory.
 *
 * <p>A GPU's tensor holds what kernels were told to write once their stream has come so far: a borrower works in that
 * stream ({@link org.radapter.kernels.BackendOptions#stream}), or the host reads the tensor first, which waits.
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

    private DlpackExport(DlpackStructure structure, @Nullable NativeDevice gpu, Tensor tensor) {
        this.tensor = tensor;
        long[] shape = tensor.shape();
        int lists = 2 * shape.length * Long.BYTES;
        releases = structure.bytes() + lists;
        int bytes = releases + Integer.BYTES;
        memory = new BytePointer(bytes);
        fields = DlpackLayout.at(memory.address(), bytes);
        for (int i = 0; i < bytes; i++) {
            fields.put(i, (byte) 0);
        }
        ByteBuffer lent = structure.tensor(fields);
        lent.putLong(DlpackLayout.DATA, tensor.address());
        lent.putInt(DlpackLayout.DEVICE_TYPE, gpu == null ? DlpackLayout.CPU : DlpackLayout.CUDA);
        lent.putInt(DlpackLayout.DEVICE_ID, gpu == null ? 0 : gpu.index());
        lent.putInt(DlpackLayout.RANK, shape.length);
        lent.put(DlpackLayout.TYPE_CODE, (byte) DlpackLayout.typeCode(tensor.dtype()));
        lent.put(DlpackLayout.TYPE_BITS, (byte) (8 * tensor.dtype().bytes()));
        lent.putShort(DlpackLayout.TYPE_LANES, (short) 1);
        lent.putLong(DlpackLayout.SHAPE, list(structure.bytes(), shape));
        lent.putLong(
                DlpackLayout.STRIDES,
                list(structure.bytes() + shape.length * Long.BYTES, ForeignMemory.strides(tensor)));
        fields.putLong(structure.managerContext(), memory.address() + releases);
        if (structure == DlpackStructure.MANAGED_TENSOR) {
            fields.putLong(structure.deleter(), Abi.radapter_dlpack_deleter());
        } else {
            fields.putLong(structure.deleter(), Abi.radapter_dlpack_versioned_deleter());
            fields.putInt(DlpackStructure.MAJOR_VERSION, DlpackStructure.MAJOR);
            fields.putInt(DlpackStructure.MINOR_VERSION, DlpackStructure.MINOR);
            fields.putLong(DlpackStructure.FLAGS, tensor.isReadOnly() ? DlpackStructure.READ_ONLY : 0);
        }
        LENT.add(this);
    }

    private long list(int at, long[] values) {
        for (int i = 0; i < values.length; i++) {
            fields.putLong(at + i * Long.BYTES, values[i]);
        }
        return memory.address() + at;
    }

    /**
     * Prepares to lend a tensor of the host by a {@code DLManagedTensor}.
     *
     * @param tensor in native memory of the host; rows may be apart, as the structure's strides say
     * @throws IllegalStateException if the tensor lies on a device or on the Java heap, its arena is closed, or it was lent
     *     to us for reading alone, which this structure cannot say
     * @throws UnsupportedOperationException if the native library cannot be loaded
     */
    public static DlpackExport of(Tensor tensor) {
        return lend(DlpackStructure.MANAGED_TENSOR, null, tensor);
    }

    /**
     * As {@link #of(Tensor)}, of a tensor on a device.
     *
     * @param device {@link org.radapter.kernels.Kernels#device()} that the tensor lies on
     * @throws IllegalArgumentException if the tensor lies elsewhere, or the device is not of native code
     */
    public static DlpackExport of(Device device, Tensor tensor) {
        return lend(DlpackStructure.MANAGED_TENSOR, NativeDevice.gpu(device), tensor);
    }

    /**
     * As {@link #of(Tensor)}, by a {@code DLManagedTensorVersioned} of DLPack 1.0, which says of a {@linkplain
     * Tensor#isReadOnly read-only} tensor that it is one.
     */
    public static DlpackExport versioned(Tensor tensor) {
        return lend(DlpackStructure.MANAGED_TENSOR_VERSIONED, null, tensor);
    }

    /** As {@link #of(Device, Tensor)}, by a structure as {@link #versioned(Tensor)} makes it. */
    public static DlpackExport versioned(Device device, Tensor tensor) {
        return lend(DlpackStructure.MANAGED_TENSOR_VERSIONED, NativeDevice.gpu(device), tensor);
    }

    private static DlpackExport lend(DlpackStructure structure, @Nullable NativeDevice gpu, Tensor tensor) {
        NativeLibrary.require();
        if (gpu != null && !tensor.liesIn(gpu.context().memory())) {
            throw new IllegalArgumentException("this tensor does not lie on " + gpu.name() + "; copy it there");
        }
        if (gpu == null && !tensor.isHost()) {
            throw new IllegalStateException("this tensor lies on a device; name it, or take Tensor.toHost");
        }
        if (structure == DlpackStructure.MANAGED_TENSOR && tensor.isReadOnly()) {
            throw new IllegalStateException("this tensor may only be read, and a " + structure
                    + " cannot say so; lend it by DlpackExport.versioned, or lend a copy");
        }
        return new DlpackExport(structure, gpu, tensor);
    }

    /**
     * Lends the tensor: the address of the structure, to be handed to one borrower, who calls its deleter
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
