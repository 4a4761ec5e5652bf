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
            double logSum = logSumExp(z, i, precision);
            double toLabel = precision.round(logSum - z.at(i, label));
            double toAll = 0;
            for (int j = 0; j < classes; j++) {
                toAll = precision.sum(toAll, precision.round(logSum - z.at(i, j)));
                double probability = precision.round(Math.exp(precision.round(z.at(i, j) - logSum)));
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

    /** log Σ_j exp(z_ij) of one row. */
    static double logSumExp(Matrix z, int row, Precision precision) {
        double greatest = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < z.columns(); j++) {
            greatest = Math.max(greatest, z.at(row, j));
        }
        double sum = 0;
        for (int j = 0; j < z.columns(); j++) {
            sum = precision.sum(sum, precision.round(Math.exp(precision.round(z.at(row, j) - greatest))));
        }
        return precision.round(greatest + Math.log(sum));
    }
}
