package org.radapter.kernels.reference;

import java.util.function.DoubleUnaryOperator;
import org.radapter.tensor.Tensor;

/** Row-major doubles an operator works on: tensors are read into one once and written from one once. */
record Matrix(int rows, int columns, double[] values) {
    static Matrix zeros(int rows, int columns) {
        return new Matrix(rows, columns, new double[Math.multiplyExact(rows, columns)]);
    }

    static Matrix read(Tensor tensor) {
        return new Matrix(Math.toIntExact(tensor.rows()), Math.toIntExact(tensor.columns()), tensor.toDoubles());
    }

    void writeTo(Tensor tensor) {
        tensor.copyFrom(values);
    }

    double at(int row, int column) {
        return values[row * columns + column];
    }

    void set(int row, int column, double value) {
        values[row * columns + column] = value;
    }

    Matrix transposed() {
        Matrix result = zeros(columns, rows);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                result.set(j, i, at(i, j));
            }
        }
        return result;
    }

    Matrix map(DoubleUnaryOperator function) {
        Matrix result = zeros(rows, columns);
        for (int i = 0; i < values.length; i++) {
            result.values[i] = function.applyAsDouble(values[i]);
        }
        return result;
    }

    /** This times {@code other}; each element is summed in the order of the inner index. */
    Matrix times(Matrix other, Precision precision) {
        Matrix result = zeros(rows, other.columns);
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < columns; k++) {
                double factor = at(i, k);
                for (int j = 0; j < other.columns; j++) {
                    result.set(i, j, precision.sum(result.at(i, j), factor * other.at(k, j)));
                }
            }
        }
        return result;
    }

    /** Σ over a row. */
    double rowSum(int row) {
        double sum = 0;
        for (int j = 0; j < columns; j++) {
            sum += at(row, j);
        }
        return sum;
    }

    /** Mean over a column. */
    double columnMean(int column) {
        double sum = 0;
        for (int i = 0; i < rows; i++) {
            sum += at(i, column);
        }
        return sum / rows;
    }

    /** Σ over all elements of this ⊙ other. */
    double dot(Matrix other, Precision precision) {
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum = precision.sum(sum, values[i] * other.values[i]);
        }
        return sum;
    }
}
