package org.radapter.benchmarks;

import java.util.Map;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.radapter.tensor.DType;

/** MPM-NCE as published, with B×B matrices, by autograd. */
final class MpmNcePeer extends TorchOperation {
    private final Tensor f;
    private final Tensor g;
    private final Tensor labels;

    /**
     * @param rounding type the features are rounded to
     * @param dtype type they are kept in
     */
    MpmNcePeer(int batch, DType rounding, DType dtype) {
        f = leaf(dtype, MpmNce.images(batch, rounding), batch, MpmNce.WIDTH);
        g = leaf(dtype, MpmNce.texts(batch, rounding), batch, MpmNce.WIDTH);
        labels = keep(Tensor.create(MpmNce.labels(batch), batch));
    }

    @Override
    void compute() {
        Torch.clearGradients(f, g);
        Tensor value = loss(f, g, labels);
        value.backward();
        publish("loss", value);
    }

    /** The loss of unit rows with these classes. */
    static Tensor loss(Tensor f, Tensor g, Tensor labels) {
        long batch = f.size(0);
        Tensor other =
                Torch.alone(() -> labels.unsqueeze(1).ne(labels.unsqueeze(0)).toType(ScalarType.Float));
        Tensor soft = Torch.alone(() -> softLabels(other));
        Tensor scores = Torch.alone(() -> scores(f, g, other));
        other.close();
        Tensor rows = Torch.alone(() -> soft.mul(scores.log_softmax(1)).sum());
        Tensor columns = Torch.alone(() -> soft.mul(scores.t().log_softmax(1)).sum());
        scores.close();
        soft.close();
        return rows.add(columns).mul(Torch.scalar(-.5 / batch));
    }

    private static Tensor softLabels(Tensor other) {
        Tensor negatives = other.sum(new long[] {1}, true, new ScalarTypeOptional());
        Tensor forNegatives = negatives.reciprocal().mul(Torch.scalar(MpmNce.SMOOTHING));
        Tensor forPositives =
                torch.rsub(negatives, Torch.scalar(other.size(0))).reciprocal().mul(Torch.scalar(1 - MpmNce.SMOOTHING));
        return torch.where(other.toType(ScalarType.Bool), forNegatives, forPositives);
    }

    private static Tensor scores(Tensor f, Tensor g, Tensor other) {
        double scale = 1 / MpmNce.TAU;
        if (f.scalar_type() == ScalarType.Float) {
            return torch.addmm(other, f, g.t(), Torch.scalar(MpmNce.MARGIN * scale), Torch.scalar(scale));
        }
        Tensor cosines = f.mm(g.t()).toType(ScalarType.Float);
        return cosines.add(other, Torch.scalar(MpmNce.MARGIN)).mul(Torch.scalar(scale));
    }

    @Override
    public Map<String, float[]> results() {
        return Map.of("loss", published("loss"), "dF", Torch.floats(f.grad()), "dG", Torch.floats(g.grad()));
    }
}
