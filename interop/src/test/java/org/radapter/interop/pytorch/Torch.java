package org.radapter.interop.pytorch;

import java.util.Random;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What tests do with PyTorch: tensors of known numbers, and our operators composed of PyTorch's own. */
final class Torch {
    private Torch() {}

    static Scalar scalar(double value) {
        return new Scalar(value);
    }

    /** Normal numbers, in double precision. */
    static Tensor normal(long seed, double deviation, long... shape) {
        Random random = new Random(seed);
        long count = 1;
        for (long extent : shape) {
            count *= extent;
        }
        double[] values = random.doubles(count).map(x -> 0).toArray();
        for (int i = 0; i < values.length; i++) {
            values[i] = deviation * random.nextGaussian();
        }
        return Tensor.create(values, shape);
    }

    static Tensor unitRows(Tensor x) {
        return x.div(x.norm(new org.bytedeco.pytorch.ScalarOptional(scalar(2)), new long[] {1}, true));
    }

    /** A leaf of the graph with these values. */
    static Tensor leaf(Tensor values, ScalarType type) {
        return values.detach().toType(type).clone().set_requires_grad(true);
    }

    /** MPM-NCE as published, with matrices of scores. */
    static Tensor mpmNce(Tensor f, Tensor g, Tensor labels, Tensor scale, double margin, double smoothing) {
        long batch = f.size(0);
        ScalarType type = f.scalar_type();
        Tensor other = labels.unsqueeze(1).ne(labels.unsqueeze(0)).toType(type);
        Tensor negatives = other.sum(new long[] {1}, true, new ScalarTypeOptional());
        Tensor positives = torch.rsub(negatives, scalar(batch));
        Tensor soft = torch.where(
                other.toType(ScalarType.Bool),
                negatives.reciprocal().mul(scalar(smoothing)),
                positives.reciprocal().mul(scalar(1 - smoothing)));
        Tensor scores = f.mm(g.t()).add(other.mul(scalar(margin))).mul(scale);
        Tensor rows = soft.mul(scores.log_softmax(1)).sum();
        Tensor columns = soft.mul(scores.t().log_softmax(1)).sum();
        return rows.add(columns).mul(scalar(-.5 / batch));
    }

    /** {@code ‖x − y‖ / ‖y‖}. */
    static double error(Tensor x, Tensor y) {
        Tensor reference = y.detach().toType(ScalarType.Double);
        double norm = reference.norm().item_double();
        return x.detach().toType(ScalarType.Double).sub(reference).norm().item_double() / (norm == 0 ? 1 : norm);
    }
}
