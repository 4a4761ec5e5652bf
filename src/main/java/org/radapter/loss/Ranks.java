package org.radapter.loss;

import org.radapter.tensor.Tensor;

/** The processes that share a batch, each of which makes the same calls in the same order. */
public interface Ranks {
    /** This process, from 0. */
    int rank();

    /** Number of processes. */
    int world();

    /**
     * Completes a matrix of n rows: rows {@code n·r/world} to {@code n·(r+1)/world} come from rank r.
     *
     * @param matrix [n, d]; this rank's own rows are given
     */
    void gatherRows(Tensor matrix);
}
