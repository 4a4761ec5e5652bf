package org.radapter.kernels.reference;

import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Positives;
import org.radapter.tensor.Tensor;

/** MPM-NCE, written with the whole n×m matrix in memory, as on paper. */
final class Contrastive {
    private final Precision precision;

    Contrastive(Precision precision) {
        this.precision = precision;
    }

    void apply(
            Tensor f,
            Tensor g,
            Positives positives,
            double fixedScale,
            @Nullable Tensor logScale,
            double margin,
            double smoothing,
            Tensor losses,
            @Nullable Tensor dF,
            @Nullable Tensor dG,
            @Nullable Tensor dLogScale) {
        double scale = logScale == null ? fixedScale : precision.round(Math.exp(logScale.get(0)));
        Matrix rowFeatures = Matrix.read(f);
        Matrix columnFeatures = Matrix.read(g);
        Matrix y = indicator(positives);
        Matrix z = logits(rowFeatures, columnFeatures, y, scale, margin);
        Matrix dRows = Matrix.zeros(z.rows(), z.columns());
        Matrix dColumns = Matrix.zeros(z.columns(), z.rows());
        double rowLoss = direction(z, softLabels(y, smoothing), dRows);
        double columnLoss = direction(z.transposed(), softLabels(y.transposed(), smoothing), dColumns);
        losses.copyFrom((rowLoss + columnLoss) / 2, rowLoss, columnLoss);
        Matrix dZ = mean(dRows, dColumns.transposed());
        if (dF != null && dG != null) {
            Matrix dCosine = dZ.map(v -> precision.operand(scale * v));
            dCosine.times(columnFeatures, precision).writeTo(dF);
            dCosine.transposed().times(rowFeatures, precision).writeTo(dG);
        }
        if (dLogScale != null) {
            dLogScale.set(0, dZ.dot(z, precision));
        }
    }

    /** y_ij: 1 where row i and column j belong together, else 0. */
    private static Matrix indicator(Positives positives) {
        int rows = Math.toIntExact(positives.rows());
        int columns = Math.toIntExact(positives.columns());
        Matrix y = Matrix.zeros(rows, columns);
        Positives.Lists lists = positives.lists();
        Tensor rowLabels = positives.rowLabels();
        Tensor columnLabels = positives.columnLabels();
        for (int i = 0; i < rows; i++) {
            if (lists != null) {
                long end = (long) lists.rowOffsets().get(i + 1);
                for (long k = (long) lists.rowOffsets().get(i); k < end; k++) {
                    y.set(i, (int) lists.rowColumns().get(k), 1);
                }
            } else if (rowLabels != null && columnLabels != null) {
                for (int j = 0; j < columns; j++) {
                    y.set(i, j, rowLabels.get(i) == columnLabels.get(j) ? 1 : 0);
                }
            }
        }
        return y;
    }

    /** z = scale·(⟨f_i, g_j⟩ + margin·(1 - y_ij)). */
    private Matrix logits(Matrix f, Matrix g, Matrix y, double scale, double margin) {
        Matrix z = f.times(g.transposed(), precision);
        for (int i = 0; i < z.rows(); i++) {
            for (int j = 0; j < z.columns(); j++) {
                double cosine = precision.round(z.at(i, j) + margin * (1 - y.at(i, j)));
                z.set(i, j, precision.round(scale * cosine));
            }
        }
        return z;
    }

    /** ỹ of each row; a row without negatives has nothing to smooth towards. */
    private Matrix softLabels(Matrix y, double smoothing) {
        Matrix soft = Matrix.zeros(y.rows(), y.columns());
        for (int i = 0; i < y.rows(); i++) {
            int positives = 0;
            for (int j = 0; j < y.columns(); j++) {
                positives += (int) y.at(i, j);
            }
            int negatives = y.columns() - positives;
            double share = negatives == 0 ? 0 : smoothing;
            for (int j = 0; j < y.columns(); j++) {
                double label = y.at(i, j) == 1 ? (1 - share) / positives : share / negatives;
                soft.set(i, j, precision.round(label));
            }
        }
        return soft;
    }

    /** -mean_i Σ_j ỹ_ij log softmax_j(z_i·), and its gradient to z. */
    private double direction(Matrix z, Matrix soft, Matrix gradient) {
        double loss = 0;
        for (int i = 0; i < z.rows(); i++) {
            LogSumExp logSum = LogSumExp.ofRow(z, i, precision);
            for (int j = 0; j < z.columns(); j++) {
                double logProbability = logSum.logProbability(z.at(i, j), precision);
                loss = precision.sum(loss, -soft.at(i, j) * logProbability);
                double probability = precision.round(Math.exp(logProbability));
                gradient.set(i, j, precision.round((probability - soft.at(i, j)) / z.rows()));
            }
        }
        return precision.round(loss / z.rows());
    }

    private Matrix mean(Matrix a, Matrix b) {
        Matrix result = Matrix.zeros(a.rows(), a.columns());
        for (int i = 0; i < a.values().length; i++) {
            result.values()[i] = precision.round((a.values()[i] + b.values()[i]) / 2);
        }
        return result;
    }
}
