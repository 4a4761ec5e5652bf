package org.radapter.benchmarks;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.radapter.adapter.AdapterSite;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipModel;
import org.radapter.tensor.DType;

/** Both towers of a frozen CLIP with R-Adapter, of libtorch's operators. */
final class TorchClip {
    private final ClipConfig config;
    private final Map<String, Tensor> frozen = new HashMap<>();
    private final Map<AdapterSite, Adapter> adapters = new LinkedHashMap<>();

    /** An adapter; {@code gate} is γ/(1−p). */
    private static final class Adapter {
        private final Tensor weight;
        private final Tensor scale;
        private double gate = 1;

        Adapter(Tensor weight, Tensor scale) {
            this.weight = weight;
            this.scale = scale;
        }

        /** A dropped adapter's gradient is zero, not missing. */
        Tensor apply(Tensor x) {
            Tensor factor = scale.mul(Torch.scalar(gate)).toType(x.scalar_type());
            return x.add(factor.mul(x.matmul(weight)));
        }
    }

    TorchClip(TorchOperation owner, ClipCase clip) {
        config = clip.config();
        for (String name : clip.names()) {
            frozen.put(name, owner.constant(DType.F32, clip.weight(name), clip.shape(name)));
        }
        for (AdapterSite site : ClipModel.adapterSites(config)) {
            Tensor weight = owner.leaf(DType.F32, clip.adapter(site), site.width(), site.width());
            Tensor scale = owner.leaf(DType.F32, new float[] {(float) Step.SCALE});
            adapters.put(site, new Adapter(weight, scale));
        }
    }

    /** Every trained tensor. */
    List<Tensor> trained() {
        List<Tensor> all = new ArrayList<>();
        adapters.values().forEach(adapter -> {
            all.add(adapter.weight);
            all.add(adapter.scale);
        });
        return all;
    }

    /** The adapters' weights, in the order of their sites. */
    List<Tensor> weights() {
        return adapters.values().stream().map(adapter -> adapter.weight).toList();
    }

    /** Draws which adapters this step drops. */
    void draw(long step) {
        adapters.forEach((site, adapter) -> adapter.gate = Step.gate(site, step));
    }

    /** Unit vectors of images [batch, 3, size, size]. */
    Tensor embedImages(Tensor images) {
        ClipConfig.ImageTower tower = config.image();
        long patch = tower.patchSize();
        Tensor cut = torch.conv2d(
                        images,
                        frozen.get("visual.conv1.weight"),
                        new TensorOptional(),
                        new long[] {patch, patch},
                        new long[] {0, 0},
                        new long[] {1, 1},
                        1)
                .flatten(2, -1)
                .transpose(1, 2);
        Tensor first =
                frozen.get("visual.class_embedding").toType(cut.scalar_type()).expand(images.size(0), 1, tower.width());
        Tensor x = torch.cat(new TensorVector(first, cut), 1)
                .add(frozen.get("visual.positional_embedding").toType(cut.scalar_type()));
        x = norm(x, "visual.ln_pre");
        for (int layer = 0; layer < tower.layers(); layer++) {
            String prefix = "visual.transformer.resblocks." + layer;
            x = block(x, prefix, AdapterSite.Tower.VISUAL, layer, tower.width(), tower.heads());
        }
        return unit(norm(x.select(1, 0), "visual.ln_post").matmul(frozen.get("visual.proj")));
    }

    /** Unit vectors of texts [batch, context], all of the same length. */
    Tensor embedTexts(Tensor ids) {
        ClipConfig.TextTower tower = config.text();
        Tensor x = torch.embedding(frozen.get("token_embedding.weight"), ids).add(frozen.get("positional_embedding"));
        for (int layer = 0; layer < tower.layers(); layer++) {
            String prefix = "transformer.resblocks." + layer;
            x = block(x, prefix, AdapterSite.Tower.TEXT, layer, tower.width(), tower.heads());
        }
        return unit(norm(x.select(1, ClipCase.PROMPT - 1), "ln_final").matmul(frozen.get("text_projection")));
    }

    private Tensor block(Tensor x, String prefix, AdapterSite.Tower tower, int layer, int width, long heads) {
        Adapter first = adapters.get(new AdapterSite(tower, layer, AdapterSite.Position.ATTENTION, width));
        Adapter second = adapters.get(new AdapterSite(tower, layer, AdapterSite.Position.MLP, width));
        Tensor attended = Torch.alone(() -> attention(norm(x, prefix + ".ln_1"), prefix + ".attn", tower, heads));
        Tensor middle = Torch.alone(() -> x.add(first.apply(attended)));
        Tensor hidden = Torch.alone(() -> activation(linear(norm(middle, prefix + ".ln_2"), prefix + ".mlp.c_fc")));
        Tensor out = Torch.alone(() -> linear(hidden, prefix + ".mlp.c_proj"));
        Tensor result = Torch.alone(() -> middle.add(second.apply(out)));
        List.of(x, attended, middle, hidden, out).forEach(Tensor::close);
        return result;
    }

    private Tensor attention(Tensor x, String prefix, AdapterSite.Tower tower, long heads) {
        long batch = x.size(0);
        long length = x.size(1);
        long width = x.size(2);
        Tensor qkv = linear(x, prefix + ".in_proj_weight", prefix + ".in_proj_bias")
                .view(batch, length, 3, heads, width / heads)
                .permute(2, 0, 3, 1, 4);
        Tensor attended = torch.scaled_dot_product_attention(
                        qkv.select(0, 0),
                        qkv.select(0, 1),
                        qkv.select(0, 2),
                        new TensorOptional(),
                        0,
                        tower == AdapterSite.Tower.TEXT,
                        new DoubleOptional(),
                        false)
                .transpose(1, 2)
                .reshape(batch, length, width);
        return linear(attended, prefix + ".out_proj");
    }

    private Tensor activation(Tensor x) {
        return config.quickGelu() ? x.mul(torch.sigmoid(x.mul(Torch.scalar(1.702)))) : torch.gelu(x);
    }

    private Tensor linear(Tensor x, String prefix) {
        return linear(x, prefix + ".weight", prefix + ".bias");
    }

    private Tensor linear(Tensor x, String weight, String bias) {
        return torch.linear(x, frozen.get(weight), new TensorOptional(frozen.get(bias)));
    }

    private Tensor norm(Tensor x, String prefix) {
        Tensor gain = frozen.get(prefix + ".weight");
        return torch.layer_norm(
                x,
                new long[] {gain.numel()},
                new TensorOptional(gain),
                new TensorOptional(frozen.get(prefix + ".bias")),
                config.layerNormEpsilon(),
                false);
    }

    private static Tensor unit(Tensor x) {
        Tensor length = x.norm(new ScalarOptional(Torch.scalar(2)), new long[] {1}, true);
        return x.div(length.clamp_min(Torch.scalar(1e-12)));
    }
}
