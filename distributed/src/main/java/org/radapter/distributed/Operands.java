package org.radapter.distributed;

import org.radapter.tensor.Tensor;

/** Checks of what collectives are called with, the same for every transport. */
public final class Operands {
    private Operands() {}

    /**
     * A tensor that a transport can read and write in place.
     *
     * @throws IllegalArgumentException if its rows have gaps or it is not native memory of the host
     */
    public static void requireDense(String name, Tensor tensor) {
        if (!tensor.isHost() || !tensor.hasAddress()) {
            throw new IllegalArgumentException(name + " " + tensor
                    + " is not native memory of the host; allocate it from the CPU backend's device");
        }
        if (!tensor.isContiguous()) {
            throw new IllegalArgumentException(
                    name + " " + tensor + " has gaps between its rows; copy it to a dense one");
        }
    }

    /**
     * The operands of an all-gather.
     *
     * @throws IllegalArgumentException naming both if they do not fit
     */
    public static void requireGather(Tensor own, Tensor all, int world) {
        requirePair(own, all);
        if (all.size() != own.size() * world) {
            throw new IllegalArgumentException(
                    world + " times " + own + " do not fill " + all + "; give " + own.size() * world + " elements");
        }
    }

    /**
     * The operands of an all-to-all.
     *
     * @throws IllegalArgumentException naming both if they do not fit
     */
    public static void requireExchange(Tensor sent, Tensor received, int world) {
        requirePair(sent, received);
        if (sent.size() != received.size() || sent.size() % world != 0) {
            throw new IllegalArgumentException(sent + " and " + received + " are not " + world
                    + " equal pieces each; pad them to a multiple of " + world);
        }
    }

    /**
     * A rank that takes part.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public static void requireRank(int rank, int world) {
        if (world < 1 || rank < 0 || rank >= world) {
            throw new IllegalArgumentException(
                    "rank " + rank + " of " + world + "; ranks are numbered from 0 to " + Math.max(0, world - 1));
        }
    }

    private static void requirePair(Tensor from, Tensor to) {
        requireDense("the source", from);
        requireDense("the target", to);
        if (from.dtype() != to.dtype()) {
            throw new IllegalArgumentException(from + " and " + to + " are of different types");
        }
        if (from.overlaps(to)) {
            throw new IllegalArgumentException(from + " and " + to + " share memory; give the result its own");
        }
    }
}
