package org.radapter.clip;

import java.util.ArrayDeque;
import java.util.Deque;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;

/**
 * Arenas of passes that are over, kept for those to come: memory asked for anew comes in pages that the system clears
 * one by one, and a GPU waits for its work before it gives any. Thread-safe.
 */
final class InferenceArenas implements AutoCloseable {
    /** Bytes kept in all; passes that need more spend little of their time on pages. */
    private static final long MOST_BYTES = 64 << 20;

    private final Kernels kernels;
    private final Deque<Arena> idle = new ArrayDeque<>();
    private long bytes;
    private boolean closed;

    InferenceArenas(Kernels kernels) {
        this.kernels = kernels;
    }

    /** An arena with nothing in it, to be given back. */
    Arena take() {
        synchronized (this) {
            Arena arena = idle.poll();
            if (arena != null) {
                bytes -= arena.peakBytes();
                return arena;
            }
        }
        return kernels.device().arena("inference");
    }

    /** Takes back an arena and all that is in it. */
    void giveBack(Arena arena) {
        synchronized (this) {
            if (!closed && bytes + arena.peakBytes() <= MOST_BYTES) {
                arena.release(0);
                bytes += arena.peakBytes();
                idle.push(arena);
                return;
            }
        }
        arena.close();
    }

    @Override
    public synchronized void close() {
        closed = true;
        idle.forEach(Arena::close);
        idle.clear();
        bytes = 0;
    }
}
