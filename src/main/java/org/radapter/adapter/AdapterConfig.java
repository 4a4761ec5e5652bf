package org.radapter.adapter;

/**
 * What kind of adapters a model gets.
 *
 * @param rank rank r of {@code W = D U}; 0 for a full-rank W
 * @param scale where s begins: 1 in the paper, 0.1 in its authors' code
 * @param learnedScale whether s is trained, one for each adapter
 */
public record AdapterConfig(int rank, double scale, boolean learnedScale) {
    /** The paper's main setting: full rank, s = 1. */
    public static final AdapterConfig FULL = new AdapterConfig(0, 1, false);

    /** Checks the settings. */
    public AdapterConfig {
        if (rank < 0) {
            throw new IllegalArgumentException("the rank of an adapter is at least 0 (full), got " + rank);
        }
        if (!Double.isFinite(scale)) {
            throw new IllegalArgumentException("the scale of an adapter must be finite, got " + scale);
        }
    }

    /** Low rank with s = 1, as in the paper's few-shot tasks. */
    public static AdapterConfig lowRank(int rank) {
        return new AdapterConfig(rank, 1, false);
    }

    /** Whether W is one square matrix. */
    public boolean isFullRank() {
        return rank == 0;
    }
}
