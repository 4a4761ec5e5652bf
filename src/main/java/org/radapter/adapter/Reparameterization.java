package org.radapter.adapter;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.MergeLayer;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;

/**
 * Folds averaged adapters into the frozen projections they follow:
 * {@code W_ens = W_org (I + α s̃ W̃)}, {@code b_ens = b_org (I + α s̃ W̃)}. With α = 1 this is re-parameterisation, with
 * α below 1 re-scaling, the interpolation of WiSE-FT without a second model.
 */
public final class Reparameterization {
    private final Kernels kernels;
    private final AdapterParameters adapters;
    private final ToDoubleFunction<AdapterSite> alpha;
    private final AdapterParameters.@Nullable BiasCorrection correction;

    /**
     * A merge to come.
     *
     * @param alpha α, usually in [0, 1]
     * @param correction how averages are read; null for as they are
     */
    public Reparameterization(
            Kernels kernels,
            AdapterParameters adapters,
            double alpha,
            AdapterParameters.@Nullable BiasCorrection correction) {
        this(kernels, adapters, site -> alpha, correction);
    }

    /**
     * A merge to come, with an α of each site.
     *
     * @param alpha α by site, finite
     * @param correction how averages are read; null for as they are
     */
    public Reparameterization(
            Kernels kernels,
            AdapterParameters adapters,
            ToDoubleFunction<AdapterSite> alpha,
            AdapterParameters.@Nullable BiasCorrection correction) {
        for (AdapterSite site : adapters.sites()) {
            if (!Double.isFinite(alpha.applyAsDouble(site))) {
                throw new IllegalArgumentException("alpha must be finite, got " + alpha.applyAsDouble(site));
            }
        }
        if (!adapters.config().isMergeable()) {
            throw new IllegalArgumentException("adapters with a non-linearity cannot be merged into a model's weights;"
                    + " run the model with them");
        }
        this.kernels = kernels;
        this.adapters = adapters;
        this.alpha = alpha;
        this.correction = correction;
    }

    /** Where the projection of a site is read, and where its merged form is written. */
    public interface Projections {
        /** Frozen weight, PyTorch's [out, in]. */
        Tensor weight(AdapterSite site);

        /** Frozen bias [out]. */
        Tensor bias(AdapterSite site);

        /** Receives the merged weight; other memory than {@link #weight}, its extents and type. */
        Tensor mergedWeight(AdapterSite site);

        /** Receives the merged bias. */
        Tensor mergedBias(AdapterSite site);
    }

    /** Merges all sites in one call. */
    public void merge(Projections projections) {
        try (Arena arena = kernels.device().arena("merge")) {
            List<MergeLayer> layers = new ArrayList<>();
            for (AdapterSite site : adapters.sites()) {
                layers.add(layer(arena, projections, site));
            }
            kernels.merge(layers);
        }
    }

    private MergeLayer layer(Arena arena, Projections projections, AdapterSite site) {
        Adapter adapter = adapters.of(site);
        Tensor down = average(arena, adapter.down().name());
        Tensor up = adapter.up() == null ? null : average(arena, adapter.up().name());
        return new MergeLayer(
                projections.weight(site),
                true,
                projections.bias(site),
                down,
                up,
                alpha.applyAsDouble(site) * adapters.averagedScale(site, correction),
                projections.mergedWeight(site),
                projections.mergedBias(site));
    }

    private Tensor average(Arena arena, String name) {
        Tensor average = adapters.set().average(name);
        return arena.allocate(average.dtype(), average.shape()).copyFrom(adapters.averaged(name, correction));
    }
}
