package org.radapter.tensor;

/**
 * Memory that is given out piece by piece and taken back all at once, so that a training step allocates nothing.
 *
 * <p>Not thread-safe. Tensors of an arena must not be used after {@link #close} or after a {@link #release} to a mark
 * older than they are.
 */
public interface Arena extends AutoCloseable {
    /**
     * A tensor with undefined content, aligned to 64 bytes.
     *
     * @throws IllegalArgumentException if an extent is negative or the tensor has more than 2 GiB
     * @throws OutOfMemoryError if memory is refused; the message says how much was asked for
     */
    Tensor allocate(DType dtype, long... shape);

    /** The present fill level, for {@link #release}. */
    long mark();

    /** Takes back everything allocated since {@code mark}; the memory is used again. */
    void release(long mark);

    /** Bytes given out now. */
    long bytes();

    /** Most bytes ever given out at once. */
    long peakBytes();

    /** Gives the memory back to the device. Idempotent. */
    @Override
    void close();
}
