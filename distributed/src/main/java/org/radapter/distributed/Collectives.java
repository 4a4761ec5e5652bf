package org.radapter.distributed;

import org.radapter.tensor.Tensor;

/**
 * What {@link #world} processes do together. Every rank makes the same calls in the same order with tensors of the same
 * extents and types, dense and in native memory of the host; each call returns when this rank's part is done.
 *
 * <p>Any method throws {@link CollectiveException} when another rank is gone or does not answer in time; the group is of
 * no more use then, the process is. One thread at a time.
 */
public interface Collectives extends AutoCloseable {
    /** This process, from 0. */
    int rank();

    /** Number of processes. */
    int world();

    /**
     * {@code values ← Σ_r values_r}, the same bits on every rank. The order of additions is the transport's own and
     * differs with {@link #world}.
     *
     * @param values F32, F64, I32 or I64
     */
    void allReduceSum(Tensor values);

    /**
     * {@code all[r] = own_r} for every rank r.
     *
     * @param own n elements
     * @param all {@link #world}·n elements, in the order of the ranks; no part of {@code own}
     */
    void allGather(Tensor own, Tensor all);

    /**
     * {@code received[r] = sent_r[rank]}: of each rank the piece meant for this one.
     *
     * @param sent {@link #world} equal pieces, piece r for rank r
     * @param received as long as {@code sent}, piece r from rank r; no part of it
     */
    void allToAll(Tensor sent, Tensor received);

    /** {@code values ← values_root}. */
    void broadcast(Tensor values, int root);

    /** Returns when every rank has called it. */
    void barrier();

    /** Leaves the group; idempotent, and never waits for another rank. */
    @Override
    void close();
}
