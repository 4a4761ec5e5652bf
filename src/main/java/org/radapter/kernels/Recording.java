package org.radapter.kernels;

/** Work of a backend that was noted once; see {@link Kernels#record}. The tensors it names must outlive it. */
public interface Recording extends AutoCloseable {
    /**
     * Carries the work out once more, in order with the other work of its kernels.
     *
     * @throws IllegalStateException after {@link #close}, or after its kernels were closed
     */
    void replay();

    @Override
    void close();
}
