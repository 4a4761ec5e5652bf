package org.radapter.kernels;

/** A prepared list of {@link Segment}s, made by {@link Kernels#segments}. */
public interface Segments extends AutoCloseable {
    /** Number of trained numbers in all segments. */
    long size();

    /** Frees what was prepared, not the tensors. Idempotent. */
    @Override
    void close();
}
