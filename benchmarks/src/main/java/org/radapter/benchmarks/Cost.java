package org.radapter.benchmarks;

/**
 * The least a work costs, whoever does it.
 *
 * @param flops floating-point operations of its products
 * @param bytes that must be read and written
 */
record Cost(double flops, double bytes) {
    /** A work that is all products. */
    static Cost ofFlops(double flops) {
        return new Cost(flops, 0);
    }
}
