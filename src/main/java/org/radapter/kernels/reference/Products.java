package org.radapter.kernels.reference;

import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Activation;
import org.radapter.kernels.PackedMatrix;
import org.radapter.tensor.Tensor;

/** C = act(op(A) op(B) + bias) + residual. */
final class Products {
    private final Precision precision;
    private final ActivationFunctions activations;

    Products(Precision precision) {
        this.precision = precision;
        this.activations = new ActivationFunctions(precision);
    }

    /** The reference needs no layout of its own: a packed matrix is a copy of op(B). */
    record Packed(Matrix matrix) implements PackedMatrix {
        @Override
        public long k() {
            return matrix.rows();
        }

        @Override
        public long n() {
            return matrix.columns();
        }

        @Override
        public void close() {
            // plain heap memory
        }
    }

    Packed pack(boolean transpose, Tensor b) {
        return new Packed(read(transpose, b));
    }

    static Matrix read(boolean transpose, Tensor tensor) {
        Matrix matrix = Matrix.read(tensor);
        return transpose ? matrix.transposed() : matrix;
    }

    void gemm(
            Matrix a,
            Matrix b,
            @Nullable Tensor bias,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor residual,
            Tensor c) {
        Matrix product = a.times(b, precision);
        if (bias != null) {
            addBias(product, bias.toDoubles());
        }
        Matrix result = product;
        if (activation.isGradient()) {
            result = timesDerivative(product, activation, require(aux));
        } else if (activation != Activation.NONE) {
            if (aux != null) {
                product.writeTo(aux);
            }
            result = product.map(v -> activations.value(activation, v));
        }
        if (residual != null) {
            result = plus(result, Matrix.read(residual));
        }
        result.writeTo(c);
    }

    private void addBias(Matrix product, double[] bias) {
        for (int i = 0; i < product.rows(); i++) {
            for (int j = 0; j < product.columns(); j++) {
                product.set(i, j, precision.round(product.at(i, j) + bias[j]));
            }
        }
    }

    private Matrix timesDerivative(Matrix product, Activation activation, Tensor aux) {
        Matrix inputs = Matrix.read(aux);
        Matrix result = Matrix.zeros(product.rows(), product.columns());
        for (int i = 0; i < product.values().length; i++) {
            double derivative = activations.derivative(activation, inputs.values()[i]);
            result.values()[i] = precision.round(product.values()[i] * derivative);
        }
        return result;
    }

    private Matrix plus(Matrix a, Matrix b) {
        Matrix result = Matrix.zeros(a.rows(), a.columns());
        for (int i = 0; i < a.values().length; i++) {
            result.values()[i] = precision.round(a.values()[i] + b.values()[i]);
        }
        return result;
    }

    private static Tensor require(@Nullable Tensor aux) {
        if (aux == null) {
            throw new IllegalArgumentException("a gradient activation reads aux");
        }
        return aux;
    }
}
