package org.radapter.kernels.reference;

import org.radapter.kernels.Activation;
import org.radapter.tensor.Tensor;

/** Conversion, sum, activation, column sums. */
final class Elementwise {
    private final Precision precision;
    private final ActivationFunctions activations;

    Elementwise(Precision precision) {
        this.precision = precision;
        this.activations = new ActivationFunctions(precision);
    }

    void convert(Tensor x, Tensor y) {
        y.copyFrom(x.toDoubles());
    }

    void add(Tensor a, Tensor b, Tensor c) {
        double[] left = a.toDoubles();
        double[] right = b.toDoubles();
        double[] sum = new double[left.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = left[i] + right[i];
        }
        c.copyFrom(sum);
    }

    void fill(Tensor x, double value) {
        for (long i = 0; i < x.size(); i++) {
            x.set(i, value);
        }
    }

    void activation(Activation activation, Tensor x, Tensor y) {
        Matrix.read(x).map(v -> activations.value(activation, v)).writeTo(y);
    }

    void activationBackward(Activation activation, Tensor x, Tensor dy, Tensor dx) {
        double[] inputs = x.toDoubles();
        double[] gradients = dy.toDoubles();
        for (int i = 0; i < inputs.length; i++) {
            gradients[i] *= activations.derivative(activation, inputs[i]);
        }
        dx.copyFrom(gradients);
    }

    void columnSum(Tensor x, Tensor sum) {
        Matrix matrix = Matrix.read(x);
        double[] sums = new double[matrix.columns()];
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < sums.length; j++) {
                sums[j] = precision.sum(sums[j], matrix.at(i, j));
            }
        }
        sum.copyFrom(sums);
    }
}
