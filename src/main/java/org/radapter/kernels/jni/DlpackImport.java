package org.radapter.kernels.jni;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.jni.abi.Abi;
import org.radapter.tensor.DType;
import org.radapter.tensor.Device;
import org.radapter.tensor.Storage;
import org.radapter.tensor.Tensor;

/**
 * A tensor that another library lends by DLPack, in the host's memory or a GPU's. Nothing is copied; closing it calls the
 * lender's deleter, once, and every later use of the tensor throws {@link IllegalStateException}. One that is forgotten is
 * reported when it becomes unreachable, and not given back: its memory may still be in use.
 *
 * <p>A tensor that is lent for reading alone is {@link Tensor#isReadOnly}, and refused as a result of kernels; only
 * {@link #ofVersioned} can tell. A GPU's tensor is safe to use once the lender's work on it is in the stream of our kernels
 * ({@link org.radapter.kernels.BackendOptions#stream}), or done.
 */
public final class DlpackImport implements AutoCloseable {
    /** Far above what any tensor has; a structure that says more is none. */
    private static final int MOST_EXTENTS = 64;

    private final long lent;
    private final long deleter;
    private final Storage storage;
    private final Tensor tensor;
    private final @Nullable NativeDevice gpu;
    private final LeakReport leak;
    private final AtomicBoolean closed = new AtomicBoolean();

    private DlpackImport(DlpackStructure structure, @Nullable NativeDevice gpu, long lent) {
        this.lent = lent;
        this.gpu = gpu;
        ByteBuffer fields = fields(structure, lent);
        deleter = fields.getLong(structure.deleter());
        ByteBuffer lentTensor = structure.tensor(fields);
        requireDevice(lentTensor.getInt(DlpackLayout.DEVICE_TYPE), lentTensor.getInt(DlpackLayout.DEVICE_ID), gpu);
        DType dtype = DlpackLayout.dtype(
                Byte.toUnsignedInt(lentTensor.get(DlpackLayout.TYPE_CODE)),
                Byte.toUnsignedInt(lentTensor.get(DlpackLayout.TYPE_BITS)),
                Short.toUnsignedInt(lentTensor.getShort(DlpackLayout.TYPE_LANES)));
        int rank = lentTensor.getInt(DlpackLayout.RANK);
        if (rank < 0 || rank > MOST_EXTENTS) {
            throw new IllegalArgumentException("a " + structure + " of " + rank
                    + " extents; is the address right, and that of a " + structure + "?");
        }
        long[] shape = extents(lentTensor.getLong(DlpackLayout.SHAPE), rank);
        long stridesAt = lentTensor.getLong(DlpackLayout.STRIDES);
        long[] strides = stridesAt == 0 ? ForeignMemory.denseStrides(shape) : extents(stridesAt, rank);
        long address =
                Math.addExact(lentTensor.getLong(DlpackLayout.DATA), lentTensor.getLong(DlpackLayout.BYTE_OFFSET));
        storage = gpu == null
                ? ForeignMemory.storage(address, dtype, shape, strides, this)
                : ForeignMemory.storage(gpu, address, dtype, shape, strides, this);
        if (isReadOnly(structure, fields)) {
            storage.readOnly();
        }
        tensor = Tensor.withRowsApart(storage, 0, dtype, shape, ForeignMemory.leadingDimension(shape, strides));
        leak = LeakReport.watch(this, "a tensor borrowed by DLPack");
    }

    /**
     * Borrows what a {@code DLManagedTensor} describes, in the host's memory.
     *
     * @param managedTensor address of the structure, for which the caller answers: a wrong one ends the process. If this
     *     call throws, the loan has not begun, and the structure is still the caller's to delete
     * @throws IllegalArgumentException if the address is null; if the tensor lies on a device, is of a type radapter does
     *     not have, of vectors, not aligned, larger than 2 GiB, or laid out otherwise than in rows; the message says what
     *     to do first
     * @throws UnsupportedOperationException if the native library cannot be loaded
     */
    public static DlpackImport of(long managedTensor) {
        return borrow(DlpackStructure.MANAGED_TENSOR, null, managedTensor);
    }

    /**
     * Borrows what a {@code DLManagedTensor} describes, in the memory of a device.
     *
     * @param device {@link org.radapter.kernels.Kernels#device()} of the kernels that will use the tensor, open until
     *     after {@link #close}
     * @throws IllegalArgumentException as {@link #of(long)}, if the tensor does not lie on that device, or if that is not
     *     of native code
     */
    public static DlpackImport of(Device device, long managedTensor) {
        return borrow(DlpackStructure.MANAGED_TENSOR, NativeDevice.gpu(device), managedTensor);
    }

    /**
     * As {@link #of(long)}, from a {@code DLManagedTensorVersioned}, which DLPack has since 1.0.
     *
     * @throws IllegalArgumentException as there, or if the structure is of another major version than 1
     */
    public static DlpackImport ofVersioned(long managedTensor) {
        return borrow(DlpackStructure.MANAGED_TENSOR_VERSIONED, null, managedTensor);
    }

    /** As {@link #of(Device, long)}, from a {@code DLManagedTensorVersioned} as {@link #ofVersioned(long)} takes it. */
    public static DlpackImport ofVersioned(Device device, long managedTensor) {
        return borrow(DlpackStructure.MANAGED_TENSOR_VERSIONED, NativeDevice.gpu(device), managedTensor);
    }

    private static DlpackImport borrow(DlpackStructure structure, @Nullable NativeDevice gpu, long managedTensor) {
        NativeLibrary.require();
        if (managedTensor == 0) {
            throw new IllegalArgumentException("the address of the " + structure + " is null");
        }
        return new DlpackImport(structure, gpu, managedTensor);
    }

    /** All fields, once the version says that they are those known here. */
    private static ByteBuffer fields(DlpackStructure structure, long address) {
        ByteBuffer fields = DlpackLayout.at(address, structure.bytes());
        if (structure == DlpackStructure.MANAGED_TENSOR_VERSIONED) {
            int major = fields.getInt(DlpackStructure.MAJOR_VERSION);
            if (major != DlpackStructure.MAJOR) {
                throw new IllegalArgumentException("a " + structure + " of DLPack " + Integer.toUnsignedString(major)
                        + "." + Integer.toUnsignedString(fields.getInt(DlpackStructure.MINOR_VERSION))
                        + "; ask its lender for version " + DlpackStructure.MAJOR);
            }
        }
        return fields;
    }

    private static boolean isReadOnly(DlpackStructure structure, ByteBuffer fields) {
        return structure == DlpackStructure.MANAGED_TENSOR_VERSIONED
                && (fields.getLong(DlpackStructure.FLAGS) & DlpackStructure.READ_ONLY) != 0;
    }

    private static void requireDevice(int type, int id, @Nullable NativeDevice gpu) {
        if (gpu != null) {
            if (type != DlpackLayout.CUDA || id != gpu.index()) {
                throw new IllegalArgumentException("this tensor lies on device " + id + " of DLPack's type " + type
                        + ", not on " + gpu.name() + " (type 2, device " + gpu.index()
                        + "); move it there before it is lent");
            }
        } else if (type != DlpackLayout.CPU && type != DlpackLayout.CUDA_HOST) {
            throw new IllegalArgumentException("this tensor lies on device " + id + " of DLPack's type " + type
                    + ", not in the host's memory (types 1 and 3); copy it to the CPU before it is lent, or name the device"
                    + " of a GPU's kernels");
        }
    }

    private static long[] extents(long address, int rank) {
        long[] extents = new long[rank];
        if (rank > 0) {
            if (address == 0) {
                throw new IllegalArgumentException("a tensor of " + rank + " extents without a shape");
            }
            DlpackLayout.at(address, (long) rank * Long.BYTES).asLongBuffer().get(extents);
        }
        return extents;
    }

    /** The tensor, on the lender's memory. It keeps this import reachable. */
    public Tensor tensor() {
        return tensor;
    }

    /**
     * Gives the tensor back; a second call does nothing. No kernel of the CPU may still be at work on it; those of a GPU
     * are waited for.
     */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            if (gpu != null) {
                gpu.context().finish();
            }
            storage.invalidate();
            leak.closed();
            Abi.radapter_release(deleter, lent);
        }
    }
}
