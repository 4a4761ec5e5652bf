package org.radapter.adapter;

import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Gate;
import org.radapter.tensor.Arena;

/** Decides which adapters are dropped in a forward pass. */
@FunctionalInterface
public interface GateSource {
    /** No adapter is dropped. */
    GateSource OPEN = (site, arena, firstSample, samples, length) -> null;

    /**
     * The factors of one site.
     *
     * @param arena where they are kept; they must outlive the backward pass
     * @param firstSample number of the first sequence within the whole batch
     * @param samples sequences in this pass
     * @param length rows of each
     * @return null for 1 everywhere
     */
    @Nullable
    Gate gate(AdapterSite site, Arena arena, long firstSample, long samples, long length);
}
