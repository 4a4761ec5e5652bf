package org.radapter.train;

import java.util.Map;
import org.radapter.loss.Ranks;
import org.radapter.tensor.Tensor;

/**
 * The processes that train one model together. Each holds the whole model and works on a part of every batch; what they
 * exchange leaves every one with the bits that one process alone would have.
 *
 * <p>Every rank makes the same calls in the same order. Each may throw what the transport throws when another rank is
 * gone.
 */
public interface Peers extends Ranks {
    /** A process on its own. */
    static Peers alone() {
        return Alone.INSTANCE;
    }

    /** {@inheritDoc} The first writes checkpoints and reads them. */
    @Override
    int rank();

    /** In what order {@link #add} adds. */
    Summation summation();

    /**
     * Replaces a vector by its sum over the ranks, with the same bits on every rank. {@link Summation#TREE} adds along a
     * binary tree: ranks 0 and 1, then 2 and 3, then the two sums, and so on; {@link #world} is a power of two then.
     *
     * @param vector F32 or F64
     */
    void add(Tensor vector);

    /** Replaces a tensor by that of rank 0. */
    void takeFromFirst(Tensor tensor);

    /** Returns when every rank has called it. */
    void await();

    /**
     * Makes sure that all ranks were told the same.
     *
     * @param facts what decides the result, by name
     * @throws RuntimeException naming two ranks and what they differ in
     */
    void requireAgreement(Map<String, String> facts);

    /**
     * Time that this process has spent in exchanges so far, waiting for the other ranks included, in nanoseconds; 0 for a
     * process on its own.
     */
    default long exchangeNanos() {
        return 0;
    }
}
