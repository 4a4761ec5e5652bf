package org.radapter.train;

/**
 * The part of a batch that one rank works on: shards {@code first} to {@code end} of {@code count}; where sums have the bits
 * of one process, a whole subtree of the tree that gradients are added along.
 */
record Share(int first, int end, int count) {
    /**
     * A rank's part.
     *
     * @param count K, shards of a whole batch
     * @throws IllegalArgumentException if the ranks cannot have whole subtrees or, adding by a ring, equal parts
     */
    static Share of(Peers peers, int count) {
        int world = peers.world();
        if (peers.summation() == Summation.RING) {
            requireEqualParts(world, count);
        } else if (world > 1 && (Integer.bitCount(world) != 1 || Integer.bitCount(count) != 1 || count < world)) {
            throw new IllegalArgumentException(world + " ranks cannot share the " + count
                    + " shards of a batch as whole subtrees, which the same bits for any number of ranks need; take a"
                    + " power of two of shards and, of ranks, a power of two up to it, or add by a ring (--reduce ring),"
                    + " which promises the same bits only for one number of ranks");
        }
        int each = count / world;
        return new Share(each * peers.rank(), each * (peers.rank() + 1), count);
    }

    private static void requireEqualParts(int world, int count) {
        if (count % world != 0) {
            throw new IllegalArgumentException(world + " ranks cannot share the " + count
                    + " shards of a batch equally; take a number of shards that " + world + " divides (--shards), and a"
                    + " batch with at least as many pairs");
        }
    }

    int shards() {
        return end - first;
    }

    /** First row of a shard in a batch of {@code size} pairs; that of {@code count} is {@code size}. */
    int row(int size, int shard) {
        return (int) ((long) size * shard / count);
    }
}
