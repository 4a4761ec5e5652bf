package org.radapter.kernels.reference;

import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Tensor;

/** Layer norm and division by the Euclidean norm, row by row. */
final class Normalisation {
    private static final double SMALLEST_NORM = 1e-12;

    private final Precision precision;

    Normalisation(Precision precision) {
        this.precision = precision;
    }

    void layerNorm(
            Tensor x,
            Tensor gain,
            Tensor bias,
            double epsilon,
            Tensor y,
            @Nullable Tensor mean,
            @Nullable Tensor rstd) {
        Matrix input = Matrix.read(x);
        double[] gains = gain.toDoubles();
        double[] biases = bias.toDoubles();
        double[] means = new double[input.rows()];
        double[] rstds = new double[input.rows()];
        Matrix output = Matrix.zeros(input.rows(), input.columns());
        for (int i = 0; i < input.rows(); i++) {
            means[i] = mean(input, i);
            rstds[i] = precision.round(1 / Math.sqrt(variance(input, i, means[i]) + epsilon));
            for (int j = 0; j < input.columns(); j++) {
                double normal = standardised(input.at(i, j), means[i], rstds[i]);
                output.set(i, j, precision.round(precision.round(normal * gains[j]) + biases[j]));
            }
        }
        output.writeTo(y);
        if (mean != null && rstd != null) {
            mean.copyFrom(means);
            rstd.copyFrom(rstds);
        }
    }

    private double mean(Matrix x, int row) {
        double sum = 0;
        for (int j = 0; j < x.columns(); j++) {
            sum = precision.sum(sum, x.at(row, j));
        }
        return precision.round(sum / x.columns());
    }

    private double variance(Matrix x, int row, double mean) {
        double sum = 0;
        for (int j = 0; j < x.columns(); j++) {
            double deviation = precision.round(x.at(row, j) - mean);
            sum = precision.sum(sum, deviation * deviation);
        }
        return precision.round(sum / x.columns());
    }

    private double standardised(double x, double mean, double rstd) {
        return precision.round(precision.round(x - mean) * rstd);
    }

    void layerNormBackward(
            Tensor dy,
            Tensor x,
            Tensor gain,
            Tensor mean,
            Tensor rstd,
            @Nullable Tensor residual,
            Tensor dx,
            @Nullable Tensor dGain,
            @Nullable Tensor dBias) {
        Matrix input = Matrix.read(x);
        Matrix gradient = Matrix.read(dy);
        double[] means = mean.toDoubles();
        double[] rstds = rstd.toDoubles();
        Matrix normal = Matrix.zeros(input.rows(), input.columns());
        for (int i = 0; i < input.rows(); i++) {
            for (int j = 0; j < input.columns(); j++) {
                normal.set(i, j, standardised(input.at(i, j), means[i], rstds[i]));
            }
        }
        Matrix result = inputGradient(gradient, normal, gain.toDoubles(), rstds);
        if (residual != null) {
            addTo(result, Matrix.read(residual));
        }
        result.writeTo(dx);
        if (dGain != null && dBias != null) {
            parameterGradients(gradient, normal, dGain, dBias);
        }
    }

    /** rstd·(q - mean(q) - x̂·mean(q·x̂)), q = dy·gain. */
    private Matrix inputGradient(Matrix dy, Matrix normal, double[] gain, double[] rstd) {
        int columns = dy.columns();
        Matrix result = Matrix.zeros(dy.rows(), columns);
        for (int i = 0; i < dy.rows(); i++) {
            double sum = 0;
            double dot = 0;
            for (int j = 0; j < columns; j++) {
                double q = precision.round(dy.at(i, j) * gain[j]);
                sum = precision.sum(sum, q);
                dot = precision.sum(dot, q * normal.at(i, j));
            }
            double meanOfQ = precision.round(sum / columns);
            double meanOfProduct = precision.round(dot / columns);
            for (int j = 0; j < columns; j++) {
                double q = precision.round(dy.at(i, j) * gain[j]);
                double centred = precision.round(precision.round(q - meanOfQ) - normal.at(i, j) * meanOfProduct);
                result.set(i, j, precision.round(rstd[i] * centred));
            }
        }
        return result;
    }

    private void addTo(Matrix result, Matrix residual) {
        for (int i = 0; i < result.values().length; i++) {
            result.values()[i] = precision.round(result.values()[i] + residual.values()[i]);
        }
    }

    private void parameterGradients(Matrix dy, Matrix normal, Tensor dGain, Tensor dBias) {
        double[] gain = new double[dy.columns()];
        double[] bias = new double[dy.columns()];
        for (int i = 0; i < dy.rows(); i++) {
            for (int j = 0; j < dy.columns(); j++) {
                gain[j] = precision.sum(gain[j], dy.at(i, j) * normal.at(i, j));
                bias[j] = precision.sum(bias[j], dy.at(i, j));
            }
        }
        dGain.copyFrom(gain);
        dBias.copyFrom(bias);
    }

    void normalize(Tensor x, Tensor y, Tensor norm) {
        Matrix input = Matrix.read(x);
        Matrix output = Matrix.zeros(input.rows(), input.columns());
        double[] norms = new double[input.rows()];
        for (int i = 0; i < input.rows(); i++) {
            double length = precision.round(Math.sqrt(dotOfRows(input, input, i)));
            norms[i] = Math.max(length, SMALLEST_NORM);
            for (int j = 0; j < input.columns(); j++) {
                output.set(i, j, precision.round(input.at(i, j) / norms[i]));
            }
        }
        output.writeTo(y);
        norm.copyFrom(norms);
    }

    void normalizeBackward(Tensor dy, Tensor y, Tensor norm, Tensor dx) {
        Matrix gradient = Matrix.read(dy);
        Matrix unit = Matrix.read(y);
        double[] norms = norm.toDoubles();
        Matrix result = Matrix.zeros(unit.rows(), unit.columns());
        for (int i = 0; i < unit.rows(); i++) {
            double along = dotOfRows(unit, gradient, i);
            for (int j = 0; j < unit.columns(); j++) {
                double across = precision.round(gradient.at(i, j) - unit.at(i, j) * along);
                result.set(i, j, precision.round(across / norms[i]));
            }
        }
        result.writeTo(dx);
    }

    private double dotOfRows(Matrix a, Matrix b, int row) {
        double sum = 0;
        for (int j = 0; j < a.columns(); j++) {
            sum = precision.sum(sum, a.at(row, j) * b.at(row, j));
        }
        return sum;
    }
}
