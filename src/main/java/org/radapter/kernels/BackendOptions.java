package org.radapter.kernels;

import org.radapter.kernels.reference.Precision;

/**
 * How a backend is opened; each backend reads what concerns it.
 *
 * @param threads threads of the CPU backend; ≤ 0: as many as the process may use
 * @param isa instruction set of the CPU backend: {@code auto}, {@code baseline}, {@code avx2}, {@code avx512},
 *     {@code avx512_bf16}
 * @param precision rounding of the reference backend
 * @param scoreBytes memory in which the CPU backend may keep the scores of a contrastive loss, 4 bytes for each pair of
 *     rows, so that they are not computed twice; 0: memory stays linear in the batch. The results have the same bits
 * @param stream address of somebody else's {@code CUstream_st} that a GPU's work is put into, in order with theirs; it
 *     must belong to the GPU's primary context, as streams of cudart, PyTorch and ND4J do, and outlive the backend. 0: a
 *     stream of the backend's own
 * @param cublas whether a GPU leaves plain products to NVIDIA's cuBLAS ({@code libcublas.so.13}, {@code .12}, or what
 *     {@code RADAPTER_LIBCUBLAS} names), which must be there. The same step has the same bits each time, but a row's may
 *     depend on the number of rows beside it
 */
public record BackendOptions(
        int threads, String isa, Precision precision, long scoreBytes, long stream, boolean cublas) {
    /** All threads, the best instruction set, F32, no scores kept, a stream of its own, no cuBLAS. */
    public static final BackendOptions DEFAULT = new BackendOptions(0, "auto", Precision.F32, 0, 0, false);

    /** Checks the number of bytes. */
    public BackendOptions {
        if (scoreBytes < 0) {
            throw new IllegalArgumentException("memory for scores is at least 0 bytes, not " + scoreBytes);
        }
    }

    /** These with another number of threads. */
    public BackendOptions withThreads(int threads) {
        return new BackendOptions(threads, isa, precision, scoreBytes, stream, cublas);
    }

    /** These with another instruction set. */
    public BackendOptions withIsa(String isa) {
        return new BackendOptions(threads, isa, precision, scoreBytes, stream, cublas);
    }

    /** These with another precision. */
    public BackendOptions withPrecision(Precision precision) {
        return new BackendOptions(threads, isa, precision, scoreBytes, stream, cublas);
    }

    /** These with another limit for the scores of contrastive losses. */
    public BackendOptions withScoreBytes(long bytes) {
        return new BackendOptions(threads, isa, precision, bytes, stream, cublas);
    }

    /** These with somebody else's stream. */
    public BackendOptions withStream(long stream) {
        return new BackendOptions(threads, isa, precision, scoreBytes, stream, cublas);
    }

    /** These with plain products by cuBLAS, or without. */
    public BackendOptions withCublas(boolean cublas) {
        return new BackendOptions(threads, isa, precision, scoreBytes, stream, cublas);
    }
}
