package org.radapter.benchmarks;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.radapter.tensor.DType;

/** A training step of libtorch: plain modules and autograd, bf16 by autocast. */
final class TorchStep extends TorchOperation {
    private final StepResults results = new StepResults();
    private final Precision precision;
    private final TorchClip model;
    private final TorchOptimizer optimizer;
    private final Tensor images;
    private final Tensor ids;
    private final Tensor labels;
    private long step;

    TorchStep(ClipCase clip, Precision precision) {
        this.precision = precision;
        model = new TorchClip(this, clip);
        optimizer = new TorchOptimizer(this, model.trained(), Step.DECAY);
        long size = clip.config().image().imageSize();
        images = constant(DType.F32, clip.images(), clip.batch(), 3, size, size);
        ids = keep(Tensor.create(clip.ids(), clip.batch(), clip.config().text().contextLength())
                .toType(ScalarType.Long));
        labels = keep(Tensor.create(clip.labels(), clip.batch()));
    }

    @Override
    void compute() {
        Torch.clearGradients(model.trained().toArray(Tensor[]::new));
        model.draw(step++);
        if (precision == Precision.BF16) {
            torch.set_autocast_dtype(DeviceType.CPU, ScalarType.BFloat16);
            torch.set_autocast_enabled(DeviceType.CPU, true);
        }
        Tensor f;
        Tensor g;
        try {
            f = model.embedImages(images);
            g = model.embedTexts(ids);
        } finally {
            torch.set_autocast_enabled(DeviceType.CPU, false);
            torch.clear_cache();
        }
        Tensor loss = MpmNcePeer.loss(f.toType(ScalarType.Float), g.toType(ScalarType.Float), labels);
        loss.backward();
        Tensor norm = optimizer.step(Step.RATE);
        results.add(loss.item_double(), norm.item_double());
    }

    @Override
    public Map<String, float[]> results() {
        return results.all(model.weights().stream().map(Torch::floats).toList());
    }
}
