package org.radapter.kernels;

/** A frozen weight op(B) [k, n] in the layout a backend's products read fastest. */
public interface PackedMatrix extends AutoCloseable {
    /** Rows of op(B). */
    long k();

    /** Columns of op(B). */
    long n();

    /** Frees it. Idempotent. */
    @Override
    void close();
}
