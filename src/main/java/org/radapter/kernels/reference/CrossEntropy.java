package org.radapter.kernels.reference;

import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Tensor;

/** Mean cross-entropy of a softmax against labels with smoothing. */
final class CrossEntropy {
    private final Precision precision;

    CrossEntropy(Precision precision) {
        this.precision = precision;
    }

    void apply(Tensor logits, Tensor labels, double smoothing, Tensor loss, @Nullable Tensor dLogits) {
        Matrix z = Matrix.read(logits);
        int rows = z.rows();
        int classes = z.columns();
        Matrix gradient = Matrix.zeros(rows, classes);
        double sum = 0;
        for (int i = 0; i < rows; i++) {
            int label = (int) labels.get(i);
            LogSumExp logSum = LogSumExp.ofRow(z, i, precision);
            double toLabel = -logSum.logProbability(z.at(i, label), precision);
            double toAll = 0;
            for (int j = 0; j < classes; j++) {
                double logProbability = logSum.logProbability(z.at(i, j), precision);
                toAll = precision.sum(toAll, -logProbability);
                double probability = precision.round(Math.exp(logProbability));
                double target = smoothing / classes + (j == label ? 1 - smoothing : 0);
                gradient.set(i, j, precision.round((probability - target) / rows));
            }
            sum = precision.sum(sum, precision.round((1 - smoothing) * toLabel + smoothing / classes * toAll));
        }
        loss.set(0, sum / rows);
        if (dLogits != null) {
            gradient.writeTo(dLogits);
        }
    }
}
