package org.radapter.adapter;

import java.io.Serializable;

/**
 * What kind of adapters a model gets.
 *
 * @param rank rank r of {@code W = D U}; 0 for a full-rank W
 * @param scale where s begins: 1 in the paper, 0.1 in its authors' code
 * @param learnedScale whether s is trained, one for each adapter
 * @param kind whether there is a non-linearity, and where
 */
public record AdapterConfig(int rank, double scale, boolean learnedScale, Kind kind) implements Serializable {
    private static final long serialVersionUID = 1;

    /** The paper's main setting: full rank, s = 1. */
    public static final AdapterConfig FULL = new AdapterConfig(0, 1, false);

    /** What an adapter computes. */
    public enum Kind {
        /** R-Adapter: {@code s·X W} behind a projection, which can take it in. */
        LINEAR,
        /** A {@link Bottleneck} behind both projections of a block (Houlsby et al., 2019). */
        SERIAL_BOTTLENECK,
        /** A {@link Bottleneck} beside the MLP, on the same input (AdaptFormer, Chen et al., 2022). */
        PARALLEL_BOTTLENECK
    }

    /** Without a non-linearity. */
    public AdapterConfig(int rank, double scale, boolean learnedScale) {
        this(rank, scale, learnedScale, Kind.LINEAR);
    }

    /** Checks the settings. */
    public AdapterConfig {
        if (rank < 0) {
            throw new IllegalArgumentException("the rank of an adapter is at least 0 (full), got " + rank);
        }
        if (!Double.isFinite(scale)) {
            throw new IllegalArgumentException("the scale of an adapter must be finite, got " + scale);
        }
        if (kind != Kind.LINEAR && (rank == 0 || scale != 1 || learnedScale)) {
            throw new IllegalArgumentException(
                    "an adapter with a non-linearity has a width of at least 1 and the scale 1, which is not learned");
        }
    }

    /**
     * Adapters with a non-linearity, s = 1.
     *
     * @param width numbers r between the two layers, at least 1
     * @param kind not {@link Kind#LINEAR}
     */
    public static AdapterConfig bottleneck(int width, Kind kind) {
        return new AdapterConfig(width, 1, false, kind);
    }

    /** Whether the model's weights can take the adapters in. */
    public boolean isMergeable() {
        return kind == Kind.LINEAR;
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
