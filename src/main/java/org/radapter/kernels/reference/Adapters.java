package org.radapter.kernels.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Gate;
import org.radapter.tensor.Tensor;

/** R-Adapter: Y = residual + X + c_r · X W, with W whole or a product D U. */
final class Adapters {
    private final Precision precision;

    Adapters(Precision precision) {
        this.precision = precision;
    }

    void forward(Tensor x, Tensor w, Tensor scale, @Nullable Gate gate, @Nullable Tensor residual, Tensor y) {
        Matrix input = Matrix.read(x);
        Matrix branch = input.times(operand(w), precision);
        output(input, branch, scale.get(0), gates(gate, input.rows()), residual, y);
    }

    void lowRankForward(
            Tensor x,
            Tensor down,
            Tensor up,
            Tensor scale,
            @Nullable Gate gate,
            @Nullable Tensor residual,
            Tensor hidden,
            Tensor y) {
        Matrix input = Matrix.read(x);
        Matrix narrow = input.times(operand(down), precision);
        Matrix branch = narrow.map(precision::operand).times(operand(up), precision);
        output(input, branch, scale.get(0), gates(gate, input.rows()), residual, y);
        narrow.writeTo(hidden);
    }

    private void output(Matrix x, Matrix branch, double scale, double[] gates, @Nullable Tensor residual, Tensor y) {
        Matrix result = plusScaled(x, branch, scale, gates);
        if (residual != null) {
            double[] rest = residual.toDoubles();
            for (int i = 0; i < rest.length; i++) {
                result.values()[i] = precision.round(result.values()[i] + rest[i]);
            }
        }
        result.writeTo(y);
    }

    void backward(
            Tensor x,
            Tensor w,
            Tensor scale,
            @Nullable Gate gate,
            Tensor dy,
            @Nullable Tensor dx,
            @Nullable Tensor dW,
            @Nullable Tensor dScale) {
        Matrix input = Matrix.read(x);
        Matrix weight = operand(w);
        Matrix gradient = Matrix.read(dy);
        double[] gates = gates(gate, input.rows());
        double s = scale.get(0);
        Matrix gated = timesRows(gradient, gates);
        if (dx != null) {
            Matrix branch = gradient.times(weight.transposed(), precision);
            plusScaled(gradient, branch, s, gates).writeTo(dx);
        }
        if (dW != null) {
            Matrix product = input.transposed().times(gated.map(precision::operand), precision);
            product.map(v -> precision.round(s * v)).writeTo(dW);
        }
        if (dScale != null) {
            dScale.set(0, gated.dot(input.times(weight, precision), precision));
        }
    }

    void lowRankBackward(
            Tensor x,
            Tensor hidden,
            Tensor down,
            Tensor up,
            Tensor scale,
            @Nullable Gate gate,
            Tensor dy,
            @Nullable Tensor dx,
            @Nullable Tensor dDown,
            @Nullable Tensor dUp,
            @Nullable Tensor dScale) {
        Matrix input = Matrix.read(x);
        Matrix narrow = Matrix.read(hidden);
        Matrix gradient = Matrix.read(dy);
        double s = scale.get(0);
        Matrix gated = timesRows(gradient, gates(gate, input.rows())).map(precision::operand);
        Matrix dNarrow = gated.times(operand(up).transposed(), precision);
        Matrix dNarrowOperand = dNarrow.map(precision::operand);
        if (dx != null) {
            Matrix branch = dNarrowOperand.times(operand(down).transposed(), precision);
            plusScaled(gradient, branch, s, ones(input.rows())).writeTo(dx);
        }
        if (dDown != null) {
            Matrix product = input.transposed().times(dNarrowOperand, precision);
            product.map(v -> precision.round(s * v)).writeTo(dDown);
        }
        if (dUp != null) {
            Matrix product = narrow.transposed().times(gated, precision);
            product.map(v -> precision.round(s * v)).writeTo(dUp);
        }
        if (dScale != null) {
            dScale.set(0, narrow.dot(dNarrow, precision));
        }
    }

    private Matrix operand(Tensor weight) {
        return Matrix.read(weight).map(precision::operand);
    }

    /** base + scale·gate_r·branch. */
    private Matrix plusScaled(Matrix base, Matrix branch, double scale, double[] gates) {
        Matrix result = Matrix.zeros(base.rows(), base.columns());
        for (int r = 0; r < base.rows(); r++) {
            double factor = precision.round(scale * gates[r]);
            for (int j = 0; j < base.columns(); j++) {
                result.set(r, j, precision.round(base.at(r, j) + precision.round(factor * branch.at(r, j))));
            }
        }
        return result;
    }

    private Matrix timesRows(Matrix matrix, double[] factors) {
        Matrix result = Matrix.zeros(matrix.rows(), matrix.columns());
        for (int r = 0; r < matrix.rows(); r++) {
            for (int j = 0; j < matrix.columns(); j++) {
                result.set(r, j, precision.round(factors[r] * matrix.at(r, j)));
            }
        }
        return result;
    }

    private static double[] gates(@Nullable Gate gate, int rows) {
        double[] factors = ones(rows);
        if (gate != null) {
            double[] values = gate.values().toDoubles();
            for (int r = 0; r < rows; r++) {
                factors[r] = values[(int) (r / gate.divisor() % values.length)];
            }
        }
        return factors;
    }

    private static double[] ones(int count) {
        double[] factors = new double[count];
        Arrays.fill(factors, 1);
        return factors;
    }
}
