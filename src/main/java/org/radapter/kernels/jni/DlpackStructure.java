package org.radapter.kernels.jni;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The two structures by which DLPack lends a tensor (dlpack.h, 0.8 and 1.x), and where their fields lie on a 64-bit
 * machine: both hold a {@code DLTensor}, a {@code manager_ctx} and a {@code deleter}.
 */
enum DlpackStructure {
    /** {@code DLManagedTensor}, which says neither which version it is of nor whether it may be written. */
    MANAGED_TENSOR(64, 0, 48, 56),
    /** {@code DLManagedTensorVersioned}: version, manager_ctx, deleter, flags, DLTensor. */
    MANAGED_TENSOR_VERSIONED(80, 32, 8, 16);

    /** {@code DLPACK_MAJOR_VERSION} of the layout here; what follows the version is another's in another. */
    static final int MAJOR = 1;

    static final int MINOR = 0;
    static final int MAJOR_VERSION = 0;
    static final int MINOR_VERSION = 4;
    static final int FLAGS = 24;
    /** {@code DLPACK_FLAG_BITMASK_READ_ONLY}. */
    static final long READ_ONLY = 1;

    private final int bytes;
    private final int tensor;
    private final int managerContext;
    private final int deleter;

    DlpackStructure(int bytes, int tensor, int managerContext, int deleter) {
        this.bytes = bytes;
        this.tensor = tensor;
        this.managerContext = managerContext;
        this.deleter = deleter;
    }

    int bytes() {
        return bytes;
    }

    int managerContext() {
        return managerContext;
    }

    int deleter() {
        return deleter;
    }

    /** The {@code DLTensor} within the structure; its fields are those of {@link DlpackLayout}. */
    ByteBuffer tensor(ByteBuffer structure) {
        return structure.slice(tensor, DlpackLayout.BYTES).order(ByteOrder.nativeOrder());
    }

    /** Name in dlpack.h. */
    @Override
    public String toString() {
        return this == MANAGED_TENSOR ? "DLManagedTensor" : "DLManagedTensorVersioned";
    }
}
