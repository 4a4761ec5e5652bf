package org.radapter.kernels.jni;

import org.radapter.kernels.PackedMatrix;
import org.radapter.tensor.Tensor;

/** A {@code radapter_packed}. */
final class NativePackedMatrix implements PackedMatrix {
    private final NativeContext context;
    private final LeakReport leakReport;
    private final long k;
    private final long n;
    private long handle;

    NativePackedMatrix(NativeContext context, boolean transposeB, Tensor b) {
        this.context = context;
        this.k = transposeB ? b.columns() : b.rows();
        this.n = transposeB ? b.rows() : b.columns();
        this.handle = context.pack(
                transposeB, n, k, b.address(), b.leadingDimension(), b.dtype().code());
        this.leakReport = LeakReport.watch(this, "the packed matrix [" + k + ", " + n + "]");
    }

    /**
     * The handle for native code.
     *
     * @throws IllegalArgumentException if {@code matrix} was not packed by this backend
     * @throws IllegalStateException if it is closed
     */
    static long handle(PackedMatrix matrix, NativeContext context) {
        if (!(matrix instanceof NativePackedMatrix packed) || packed.context != context) {
            throw new IllegalArgumentException("this matrix was packed by another backend");
        }
        if (packed.handle == 0) {
            throw new IllegalStateException("this packed matrix is closed");
        }
        return packed.handle;
    }

    @Override
    public long k() {
        return k;
    }

    @Override
    public long n() {
        return n;
    }

    @Override
    public void close() {
        if (handle != 0) {
            context.unpack(handle);
            handle = 0;
            leakReport.closed();
        }
    }
}
