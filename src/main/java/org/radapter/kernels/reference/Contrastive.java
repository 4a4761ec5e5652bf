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
        double scale = scale(fixedScale, logScale);
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

    void rowSums(
            Tensor f,
            Tensor g,
            Positives positives,
            double fixedScale,
            @Nullable Tensor logScale,
            double margin,
            double smoothing,
            int first,
            Tensor rowSums) {
        Matrix y = indicator(positives);
        Matrix z = logits(Matrix.read(f), Matrix.read(g), y, scale(fixedScale, logScale), margin);
        Matrix soft = softLabels(y, smoothing);
        Matrix sums = Matrix.zeros(Math.toIntExact(rowSums.rows()), 3);
        for (int i = 0; i < sums.rows(); i++) {
            LogSumExp logSum = LogSumExp.ofRow(z, first + i, precision);
            sums.set(i, 0, logSum.greatest() + logSum.logOfRest());
            sums.set(i, 1, y.rowSum(first + i));
            sums.set(i, 2, lineLoss(0, z, soft, first + i, logSum));
        }
        sums.writeTo(rowSums);
    }

    void rowGradients(
            Tensor f,
            Tensor g,
            Positives positives,
            double fixedScale,
            @Nullable Tensor logScale,
            double margin,
            double smoothing,
            int first,
            Tensor rowSums,
            Tensor columnSums,
            @Nullable Tensor losses,
            Tensor dF,
            @Nullable Tensor dLogScale) {
        double scale = scale(fixedScale, logScale);
        Matrix columnFeatures = Matrix.read(g);
        Matrix rows = Matrix.read(rowSums);
        Matrix columns = Matrix.read(columnSums);
        Matrix y = indicator(positives);
        Matrix z = logits(Matrix.read(f), columnFeatures, y, scale, margin);
        Matrix softRows = softLabels(y, smoothing);
        Matrix softColumns = softLabels(y.transposed(), smoothing);
        Matrix dZ = Matrix.zeros(Math.toIntExact(dF.rows()), z.columns());
        for (int i = 0; i < dZ.rows(); i++) {
            int row = first + i;
            double part = 0;
            for (int j = 0; j < dZ.columns(); j++) {
                double byRow = slope(z.at(row, j), rows.at(row, 0), softRows.at(row, j), z.rows());
                double byColumn = slope(z.at(row, j), columns.at(j, 0), softColumns.at(j, row), z.columns());
                dZ.set(i, j, precision.round((byRow + byColumn) / 2));
                part = precision.sum(part, dZ.at(i, j) * z.at(row, j));
            }
            if (dLogScale != null) {
                dLogScale.set(i, part);
            }
        }
        dZ.map(v -> precision.operand(scale * v))
                .times(columnFeatures, precision)
                .writeTo(dF);
        if (losses != null) {
            double rowLoss = rows.columnMean(2);
            double columnLoss = columns.columnMean(2);
            losses.copyFrom((rowLoss + columnLoss) / 2, rowLoss, columnLoss);
        }
    }

    private double scale(double fixedScale, @Nullable Tensor logScale) {
        return logScale == null ? fixedScale : precision.round(Math.exp(logScale.get(0)));
    }

    /** softmax - soft label, of one of {@code lines}. */
    private double slope(double z, double logSum, double soft, int lines) {
        double probability = precision.round(Math.exp(precision.round(z - logSum)));
        return precision.round((probability - soft) / lines);
    }

    /** {@code sum} with -Σ_j ỹ_ij log softmax_j(z_i·). */
    private double lineLoss(double sum, Matrix z, Matrix soft, int i, LogSumExp logSum) {
        double loss = sum;
        for (int j = 0; j < z.columns(); j++) {
            loss = precision.sum(loss, -soft.at(i, j) * logSum.logProbability(z.at(i, j), precision));
        }
        return loss;
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
            double positives = y.rowSum(i);
            double negatives = y.columns() - positives;
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
            loss = lineLoss(loss, z, soft, i, logSum);
            for (int j = 0; j < z.columns(); j++) {
                double logProbability = logSum.logProbability(z.at(i, j), precision);
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
