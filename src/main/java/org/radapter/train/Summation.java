package org.radapter.train;

/** How gradients are added over ranks, and what that promises. */
public enum Summation {
    /** Along the tree that one process adds shards along: the same bits for any number of ranks. */
    TREE,
    /**
     * In the order the transport finds fastest, as around a ring: the same bits on every rank and in every run with this
     * number of ranks, but not with another.
     */
    RING
}
