package org.radapter.clip;

import org.radapter.adapter.AdapterSite;
import org.radapter.adapter.Reparameterization;
import org.radapter.tensor.Tensor;

/** The projections R-Adapter follows, by canonical name: read from one set of weights, written to another. */
public final class MergedProjections implements Reparameterization.Projections {
    private final ClipParameters from;
    private final ClipParameters to;

    /**
     * Merges from one set into another.
     *
     * @param from frozen weights
     * @param to weights of the same geometry, other memory
     */
    public MergedProjections(ClipParameters from, ClipParameters to) {
        this.from = from;
        this.to = to;
    }

    /** Name of the projection's weight, PyTorch's [out, in]. */
    public static String weightName(AdapterSite site) {
        return prefix(site) + ".weight";
    }

    /** Name of the projection's bias. */
    public static String biasName(AdapterSite site) {
        return prefix(site) + ".bias";
    }

    private static String prefix(AdapterSite site) {
        String tower = site.tower() == AdapterSite.Tower.VISUAL ? "visual.transformer" : "transformer";
        String layer = site.position() == AdapterSite.Position.ATTENTION ? "attn.out_proj" : "mlp.c_proj";
        return tower + ".resblocks." + site.layer() + "." + layer;
    }

    @Override
    public Tensor weight(AdapterSite site) {
        return from.get(weightName(site)).value();
    }

    @Override
    public Tensor bias(AdapterSite site) {
        return from.get(biasName(site)).value();
    }

    @Override
    public Tensor mergedWeight(AdapterSite site) {
        return to.get(weightName(site)).value();
    }

    @Override
    public Tensor mergedBias(AdapterSite site) {
        return to.get(biasName(site)).value();
    }
}
