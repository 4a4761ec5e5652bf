package org.radapter.clip;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.Adapter;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.AdapterSite;
import org.radapter.adapter.Bottleneck;
import org.radapter.kernels.Activation;
import org.radapter.kernels.Kernels;
import org.radapter.nn.AdaptedLinear;
import org.radapter.nn.Attention;
import org.radapter.nn.Block;
import org.radapter.nn.LayerNorm;
import org.radapter.nn.Linear;
import org.radapter.nn.Mlp;
import org.radapter.nn.Transformer;

/** Puts the parts of a tower together from weights by name. */
final class TowerBuilder {
    private final Kernels kernels;
    private final ClipParameters weights;
    private final @Nullable AdapterParameters adapters;

    TowerBuilder(Kernels kernels, ClipParameters weights, @Nullable AdapterParameters adapters) {
        this.kernels = kernels;
        this.weights = weights;
        this.adapters = adapters;
    }

    LayerNorm norm(String name) {
        return new LayerNorm(
                weights.get(name + ".weight"),
                weights.get(name + ".bias"),
                weights.config().layerNormEpsilon());
    }

    /** A layer stored [out, in] without a bias. */
    Linear convolution(String name) {
        return new Linear(kernels, weights.get(name), true, null);
    }

    /** A projection stored [in, out]. */
    Linear projection(String name) {
        return new Linear(kernels, weights.get(name), false, null);
    }

    Transformer transformer(String prefix, AdapterSite.Tower tower, int width, int layers, int heads) {
        List<Block> blocks = new ArrayList<>(layers);
        for (int i = 0; i < layers; i++) {
            blocks.add(block(prefix + ".resblocks." + i, tower, width, i, heads));
        }
        return new Transformer(blocks);
    }

    private Block block(String prefix, AdapterSite.Tower tower, int width, int layer, int heads) {
        AdapterSite attention = new AdapterSite(tower, layer, AdapterSite.Position.ATTENTION, width);
        AdapterSite mlp = new AdapterSite(tower, layer, AdapterSite.Position.MLP, width);
        AdaptedLinear output = new AdaptedLinear(
                linear(prefix + ".attn.out_proj.weight", prefix + ".attn.out_proj.bias"),
                adapter(attention),
                bottleneck(attention, AdapterConfig.Kind.SERIAL_BOTTLENECK));
        AdaptedLinear contract = new AdaptedLinear(
                linear(prefix + ".mlp.c_proj.weight", prefix + ".mlp.c_proj.bias"),
                adapter(mlp),
                bottleneck(mlp, AdapterConfig.Kind.SERIAL_BOTTLENECK));
        Linear input = linear(prefix + ".attn.in_proj_weight", prefix + ".attn.in_proj_bias");
        Linear expand = linear(prefix + ".mlp.c_fc.weight", prefix + ".mlp.c_fc.bias");
        Activation activation = weights.config().quickGelu() ? Activation.QUICK_GELU : Activation.GELU;
        return new Block(
                norm(prefix + ".ln_1"),
                new Attention(input, output, heads, tower == AdapterSite.Tower.TEXT),
                norm(prefix + ".ln_2"),
                new Mlp(expand, contract, activation, bottleneck(mlp, AdapterConfig.Kind.PARALLEL_BOTTLENECK)));
    }

    private Linear linear(String weight, String bias) {
        return new Linear(kernels, weights.get(weight), true, weights.get(bias));
    }

    private @Nullable Adapter adapter(AdapterSite site) {
        return adapters == null || !adapters.config().isMergeable() ? null : adapters.of(site);
    }

    private @Nullable Bottleneck bottleneck(AdapterSite site, AdapterConfig.Kind kind) {
        return adapters == null || adapters.config().kind() != kind ? null : adapters.bottleneckOf(site);
    }
}
