package org.radapter.interop.pytorch;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.AdapterSite;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipParameters;

/** A CLIP in PyTorch's operators over our weights' own memory, with our adapters in its graph. */
final class TorchClip {
    private final ClipConfig config;
    private final PyTorchAdapter adapter;
    private final Map<String, Tensor> frozen = new HashMap<>();
    private final Map<AdapterSite, Tensor> weights = new LinkedHashMap<>();
    private final Tensor scale = torch.ones(1);

    TorchClip(ClipParameters base, AdapterParameters adapters, PyTorchAdapter adapter) {
        this.config = base.config();
        this.adapter = adapter;
        base.all().forEach(each -> frozen.put(each.name(), PyTorchTensors.of(each.value())));
        for (AdapterSite site : adapters.sites()) {
            Tensor weight = PyTorchTensors.of(adapters.of(site).down().value());
            weights.put(site, weight.set_requires_grad(true));
        }
    }

    Map<AdapterSite, Tensor> weights() {
        return weights;
    }

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
        Tensor first = frozen.get("visual.class_embedding").expand(images.size(0), 1, tower.width());
        Tensor x = torch.cat(new TensorVector(first, cut), 1).add(frozen.get("visual.positional_embedding"));
        x = norm(x, "visual.ln_pre");
        for (int layer = 0; layer < tower.layers(); layer++) {
            x = block(x, "visual.transformer.resblocks." + layer, AdapterSite.Tower.VISUAL, layer, tower.heads());
        }
        return Torch.unitRows(norm(x.select(1, 0), "visual.ln_post").matmul(frozen.get("visual.proj")));
    }

    /** @param end position of the end of every text */
    Tensor embedTexts(Tensor ids, long end) {
        Tensor x = torch.embedding(frozen.get("token_embedding.weight"), ids).add(frozen.get("positional_embedding"));
        for (int layer = 0; layer < config.text().layers(); layer++) {
            x = block(
                    x,
                    "transformer.resblocks." + layer,
                    AdapterSite.Tower.TEXT,
                    layer,
                    config.text().heads());
        }
        return Torch.unitRows(norm(x.select(1, end), "ln_final").matmul(frozen.get("text_projection")));
    }

    private Tensor block(Tensor x, String prefix, AdapterSite.Tower tower, int layer, long heads) {
        int width = Math.toIntExact(x.size(2));
        Tensor first = weights.get(new AdapterSite(tower, layer, AdapterSite.Position.ATTENTION, width));
        Tensor second = weights.get(new AdapterSite(tower, layer, AdapterSite.Position.MLP, width));
        Tensor attended = attention(norm(x, prefix + ".ln_1"), prefix + ".attn", tower, heads);
        Tensor middle = x.add(adapter.apply(attended, first, scale, null));
        Tensor hidden = torch.gelu(
                linear(norm(middle, prefix + ".ln_2"), prefix + ".mlp.c_fc.weight", prefix + ".mlp.c_fc.bias"));
        Tensor out = linear(hidden, prefix + ".mlp.c_proj.weight", prefix + ".mlp.c_proj.bias");
        return middle.add(adapter.apply(out, second, scale, null));
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
        return linear(attended, prefix + ".out_proj.weight", prefix + ".out_proj.bias");
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
}
