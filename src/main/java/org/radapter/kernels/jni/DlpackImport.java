package org.radapter.kernels.jni;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.radapter.kernels.jni.abi.Abi;
import org.radapter.tensor.DType;
import org.radapter.tensor.Storage;
import org.radapter.tensor.Tensor;

/**
 * A tensor that another library lends by DLPack. Nothing is copied; closing it calls the lender's deleter, once, and every
 * later use of the tensor throws {@link IllegalStateException}. One that is forgotten is reported when it becomes
 * unreachable, and not given back: its memory may still be in use.
 */
public final class DlpackImport implements AutoCloseable {
    /** Far above what any tensor has; a structure that says more is none. */
    private static final int MOST_EXTENTS = 64;

    private final long managedTensor;
    private final long deleter;
    private final Storage storage;
    private final Tensor tensor;
    private final LeakReport leak;
    private final AtomicBoolean closed = new AtomicBoolean();

    private DlpackImport(long managedTensor, ByteBuffer fields, DType dtype, long[] shape, long[] strides) {
        this.managedTensor = managedTensor;
        deleter = fields.getLong(DlpackLayout.DELETER);
        long address = Math.addExact(fields.getLong(DlpackLayout.DATA), fields.getLong(DlpackLayout.BYTE_OFFSET));
        storage = ForeignMemory.storage(address, dtype, shape, strides, this);
        tensor = Tensor.withRowsApart(storage, 0, dtype, shape, ForeignMemory.leadingDimension(shape, strides));
        leak = LeakReport.watch(this, "a tensor borrowed by DLPack");
    }

    /**
     * Borrows what a {@code DLManagedTensor} describes.
     *
     * @param managedTensor address of the structure, for which the caller answers: a wrong one ends the process. If this
     *     call throws, the loan has not begun, and the structure is still the caller's to delete
     * @throws IllegalArgumentException if the address is null; if the tensor lies on a device, is of a type radapter does
     *     not have, of vectors, not aligned, larger than 2 GiB, or laid out otherwise than in rows; the message says what
     *     to do first
     * @throws UnsupportedOperationException if the native library cannot be loaded
     */
    public static DlpackImport of(long managedTensor) {
        NativeLibrary.require();
        if (managedTensor == 0) {
            throw new IllegalArgumentException("the address of the DLManagedTensor is null");
        }
        ByteBuffer fields = DlpackLayout.at(managedTensor, DlpackLayout.BYTES);
        requireHost(fields.getInt(DlpackLayout.DEVICE_TYPE), fields.getInt(DlpackLayout.DEVICE_ID));
        DType dtype = DlpackLayout.dtype(
                Byte.toUnsignedInt(fields.get(DlpackLayout.TYPE_CODE)),
                Byte.toUnsignedInt(fields.get(DlpackLayout.TYPE_BITS)),
                Short.toUnsignedInt(fields.getShort(DlpackLayout.TYPE_LANES)));
        int rank = fields.getInt(DlpackLayout.RANK);
        if (rank < 0 || rank > MOST_EXTENTS) {
            throw new IllegalArgumentException("a DLManagedTensor of " + rank + " extents; is the address right?");
        }
        long[] shape = extents(fields.getLong(DlpackLayout.SHAPE), rank);
        long stridesAt = fields.getLong(DlpackLayout.STRIDES);
        long[] strides = stridesAt == 0 ? ForeignMemory.denseStrides(shape) : extents(stridesAt, rank);
        return new DlpackImport(managedTensor, fields, dtype, shape, strides);
    }

    private static void requireHost(int type, int id) {
        if (type != DlpackLayout.CPU && type != DlpackLayout.CUDA_HOST) {
            throw new IllegalArgumentException("this DLManagedTensor lies on device " + id + " of DLPack's type " + type
                    + ", not in the host's memory (types 1 and 3); copy it to the CPU before it is lent");
        }
    }

    private static long[] extents(long address, int rank) {
        long[] extents = new long[rank];
        if (rank > 0) {
            if (address == 0) {
                throw new IllegalArgumentException("a DLManagedTensor of " + rank + " extents without a shape");
            }
            DlpackLayout.at(address, (long) rank * Long.BYTES).asLongBuffer().get(extents);
        }
        return extents;
    }

    /** The tensor, on the lender's memory. It keeps this import reachable. */
    public Tensor tensor() {
        return tensor;
    }

    /** Gives the tensor back; a second call does nothing. No kernel may still be at work on it. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            storage.invalidate();
            leak.closed();
            Abi.radapter_release(deleter, managedTensor);
        }
    }
}
