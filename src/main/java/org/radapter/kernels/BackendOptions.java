package org.radapter.kernels;

import org.radapter.kernels.reference.Precision;

/**
 * How a backend is opened; each backend reads what concerns it.
 *
 * @param threads threads of the CPU backend; ≤ 0: as many as the process may use
 * @param isa instruction set of the CPU backend: {@code auto}, {@code baseline}, {@code avx2}, {@code avx512},
 *     {@code avx512_bf16}
 * @param precision rounding of the reference backend
 */
public record BackendOptions(int threads, String isa, Precision precision) {
    /** All threads, the best instruction set, F32. */
    public static final BackendOptions DEFAULT = new BackendOptions(0, "auto", Precision.F32);

    /** These with another number of threads. */
    public BackendOptions withThreads(int threads) {
        return new BackendOptions(threads, isa, precision);
    }

    /** These with another instruction set. */
    public BackendOptions withIsa(String isa) {
        return new BackendOptions(threads, isa, precision);
    }

    /** These with another precision. */
    public BackendOptions withPrecision(Precision precision) {
        return new BackendOptions(threads, isa, precision);
    }
}
