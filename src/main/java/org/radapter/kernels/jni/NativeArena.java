package org.radapter.kernels.jni;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * An arena made of chunks: a tensor lies in one chunk, and a chunk that is full is followed by the next. Chunks are kept
 * until {@link #close}, so that a step that allocates what the last one did asks the device for nothing.
 */
final class NativeArena implements Arena {
    private static final long ALIGNMENT = 64;
    private static final long SMALLEST_CHUNK = 64 << 10;
    private static final long LARGEST_CHUNK = Integer.MAX_VALUE & -ALIGNMENT;
    private static final boolean DEBUG = Boolean.getBoolean("radapter.debug");

    private final NativeContext context;
    private final String purpose;
    private final LeakReport leakReport;
    private final List<Chunk> chunks = new ArrayList<>();
    private int current;
    private long used;
    private long peak;
    private boolean closed;

    private static final class Chunk {
        private final NativeMemory memory;
        private long fill;
        private long usedBefore;

        Chunk(NativeMemory memory) {
            this.memory = memory;
        }

        boolean fits(long bytes) {
            return fill + bytes <= memory.bytes();
        }
    }

    NativeArena(NativeContext context, String purpose) {
        this.context = context;
        this.purpose = purpose;
        this.leakReport = LeakReport.watch(this, "the arena '" + purpose + "'");
    }

    @Override
    public Tensor allocate(DType dtype, long... shape) {
        requireOpen();
        long bytes = bytes(dtype, shape);
        long padded = (bytes + ALIGNMENT - 1) & -ALIGNMENT;
        Chunk chunk = chunkFor(padded);
        Tensor tensor = new Tensor(chunk.memory.storage(), chunk.fill, dtype, shape);
        chunk.fill += padded;
        used += padded;
        peak = Math.max(peak, used);
        if (DEBUG && !context.isRecording()) {
            poison(tensor);
        }
        return tensor;
    }

    /** A chunk with room for {@code bytes}: the current one, one kept from earlier, or a new one. */
    private Chunk chunkFor(long bytes) {
        if (!chunks.isEmpty() && chunks.get(current).fits(bytes)) {
            return chunks.get(current);
        }
        int next = chunks.isEmpty() ? 0 : current + 1;
        while (next < chunks.size() && chunks.get(next).memory.bytes() < bytes) {
            next++;
        }
        if (next == chunks.size()) {
            chunks.add(new Chunk(newMemory(bytes)));
        }
        for (int i = current + 1; i <= next; i++) {
            chunks.get(i).fill = 0;
            chunks.get(i).usedBefore = used;
        }
        current = next;
        return chunks.get(current);
    }

    /** As much as the arena has already, so that the number of chunks stays small. */
    private NativeMemory newMemory(long bytes) {
        long present = chunks.stream().mapToLong(chunk -> chunk.memory.bytes()).sum();
        long size = Math.max(bytes, Math.min(LARGEST_CHUNK, Math.max(SMALLEST_CHUNK, present)));
        try {
            return new NativeMemory(context, size);
        } catch (OutOfMemoryError e) {
            return leastMemory(bytes, present);
        }
    }

    private NativeMemory leastMemory(long bytes, long present) {
        try {
            return new NativeMemory(context, Math.max(bytes, ALIGNMENT));
        } catch (OutOfMemoryError e) {
            throw outOfMemory(bytes, present, e);
        }
    }

    private OutOfMemoryError outOfMemory(long bytes, long present, OutOfMemoryError cause) {
        OutOfMemoryError error = new OutOfMemoryError("the arena '" + purpose + "' holds " + present
                + " bytes and was refused " + bytes + " more: " + cause.getMessage());
        error.initCause(cause);
        return error;
    }

    private static long bytes(DType dtype, long[] shape) {
        long bytes = dtype.bytes();
        for (long extent : shape) {
            if (extent < 0) {
                throw new IllegalArgumentException("negative extent in shape " + Arrays.toString(shape));
            }
            if (extent != 0 && bytes > LARGEST_CHUNK / extent) {
                bytes = Arrays.stream(shape).anyMatch(other -> other == 0) ? 0 : tooLarge(dtype, shape);
            }
            bytes *= extent;
        }
        return bytes;
    }

    private static long tooLarge(DType dtype, long[] shape) {
        throw new IllegalArgumentException(
                "a tensor " + dtype + Arrays.toString(shape) + " has more than 2 GiB; split it by rows");
    }

    /** NaN in every floating type: what is read before it is written is seen. */
    private static void poison(Tensor tensor) {
        Tensor poison = Tensor.onHost(tensor.dtype(), tensor.shape());
        Arrays.fill(poison.bytes().array(), (byte) -1);
        tensor.copyFrom(poison);
    }

    /** The chunk's number in the upper half, its fill level in the lower. */
    @Override
    public long mark() {
        requireOpen();
        return chunks.isEmpty() ? 0 : (long) current << 32 | chunks.get(current).fill;
    }

    @Override
    public void release(long mark) {
        requireOpen();
        int chunk = (int) (mark >>> 32);
        long fill = mark & 0xffff_ffffL;
        if (chunks.isEmpty() && mark == 0) {
            return;
        }
        if (chunk > current || chunk < 0 || fill > chunks.get(chunk).fill) {
            throw new IllegalArgumentException("mark " + mark + " of the arena '" + purpose + "' is already released");
        }
        current = chunk;
        chunks.get(chunk).fill = fill;
        used = chunks.get(chunk).usedBefore + fill;
    }

    @Override
    public long bytes() {
        return used;
    }

    @Override
    public long peakBytes() {
        return peak;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the arena '" + purpose + "' is closed");
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        leakReport.closed();
        chunks.forEach(chunk -> chunk.memory.close());
        chunks.clear();
        used = 0;
    }
}
