package org.radapter.kernels.reference;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Storage;
import org.radapter.tensor.Tensor;

/**
 * An arena of direct byte buffers, without any native library. Closing drops the buffers; the garbage collector frees
 * them once no tensor refers to them.
 */
final class HostArena implements Arena {
    private static final int ALIGNMENT = 64;
    private static final int SMALLEST_CHUNK = 1 << 20;
    private static final long LARGEST_TENSOR = Integer.MAX_VALUE - 2L * ALIGNMENT;
    private static final int OFFSET_BITS = 32;

    private final String purpose;
    private final boolean poisoned;
    private @Nullable List<Chunk> chunks = new ArrayList<>();
    private int current;
    private long peak;

    /** One buffer, filled from its start. */
    private static final class Chunk {
        private final ByteBuffer buffer;
        private final Storage storage;
        private int used;

        private Chunk(int bytes) {
            buffer = ByteBuffer.allocateDirect(bytes + ALIGNMENT).alignedSlice(ALIGNMENT);
            storage = Storage.host(buffer, 0);
        }

        private boolean holds(int bytes) {
            return bytes <= buffer.capacity() - used;
        }
    }

    /**
     * @param purpose named in messages
     * @param poisoned whether new tensors are filled with 0xff, NaN in every floating type, so that a test sees memory
     *     that is read before it is written
     */
    HostArena(String purpose, boolean poisoned) {
        this.purpose = purpose;
        this.poisoned = poisoned;
    }

    @Override
    public Tensor allocate(DType dtype, long... shape) {
        List<Chunk> open = requireOpen();
        int bytes = aligned(dtype, shape);
        Chunk chunk = chunkFor(open, bytes);
        int offset = chunk.used;
        chunk.used += bytes;
        peak = Math.max(peak, bytes());
        if (poisoned) {
            poison(chunk.buffer, offset, bytes);
        }
        return new Tensor(chunk.storage, offset, dtype, shape);
    }

    private int aligned(DType dtype, long[] shape) {
        long bytes = dtype.bytes();
        try {
            for (long extent : shape) {
                if (extent < 0) {
                    throw new IllegalArgumentException("negative extent in " + dtype + Arrays.toString(shape));
                }
                bytes = Math.multiplyExact(bytes, extent);
            }
        } catch (ArithmeticException overflow) {
            bytes = Long.MAX_VALUE;
        }
        if (bytes > LARGEST_TENSOR) {
            throw new IllegalArgumentException(
                    "a tensor has at most 2 GiB; " + dtype + Arrays.toString(shape) + " has more");
        }
        return (int) ((bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    }

    private Chunk chunkFor(List<Chunk> open, int bytes) {
        for (int i = current; i < open.size(); i++) {
            if (open.get(i).holds(bytes)) {
                current = i;
                return open.get(i);
            }
        }
        Chunk chunk = newChunk(bytes);
        open.add(chunk);
        current = open.size() - 1;
        return chunk;
    }

    private Chunk newChunk(int bytes) {
        try {
            return new Chunk(Math.max(bytes, SMALLEST_CHUNK));
        } catch (OutOfMemoryError refused) {
            OutOfMemoryError error = new OutOfMemoryError("the arena \"" + purpose + "\" holds " + bytes()
                    + " bytes and was refused " + bytes + " more; raise -XX:MaxDirectMemorySize");
            error.initCause(refused);
            throw error;
        }
    }

    private static void poison(ByteBuffer buffer, int offset, int bytes) {
        for (int i = offset; i < offset + bytes; i++) {
            buffer.put(i, (byte) 0xff);
        }
    }

    @Override
    public long mark() {
        List<Chunk> open = requireOpen();
        long used = open.isEmpty() ? 0 : open.get(current).used;
        return (long) current << OFFSET_BITS | used;
    }

    @Override
    public void release(long mark) {
        List<Chunk> open = requireOpen();
        int chunk = (int) (mark >>> OFFSET_BITS);
        int used = (int) mark;
        boolean atStart = mark == 0 && open.isEmpty();
        if (!atStart && (mark < 0 || chunk > current || used < 0 || used > open.get(chunk).used)) {
            throw new IllegalArgumentException("the arena \"" + purpose + "\" is below this mark already");
        }
        for (int i = chunk; i < open.size(); i++) {
            open.get(i).used = i == chunk ? used : 0;
        }
        current = chunk;
    }

    @Override
    public long bytes() {
        return chunks == null
                ? 0
                : chunks.stream().mapToLong(chunk -> chunk.used).sum();
    }

    @Override
    public long peakBytes() {
        return peak;
    }

    @Override
    public void close() {
        chunks = null;
    }

    private List<Chunk> requireOpen() {
        if (chunks == null) {
            throw new IllegalStateException("the arena \"" + purpose + "\" is closed");
        }
        return chunks;
    }
}
