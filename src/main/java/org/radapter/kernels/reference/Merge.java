package org.radapter.kernels.reference;

import org.radapter.kernels.MergeLayer;
import org.radapter.tensor.Tensor;

/** Folds an adapter into the frozen weight before it: W_org (I + coefficient·W). */
final class Merge {
    // the result is rounded once, whatever the weight's type: nothing on the way is rounded to bfloat16
    private final Precision precision;

    Merge(Precision precision) {
        this.precision = precision == Precision.BF16 ? Precision.F32 : precision;
    }

    void merge(MergeLayer layer) {
        Matrix adapter = adapter(layer);
        Matrix frozen = Products.read(layer.transposed(), layer.weight());
        Matrix merged = folded(frozen, adapter, layer.coefficient());
        (layer.transposed() ? merged.transposed() : merged).writeTo(layer.mergedWeight());
        Tensor bias = layer.bias();
        Tensor mergedBias = layer.mergedBias();
        if (bias != null && mergedBias != null) {
            Matrix row = new Matrix(1, adapter.rows(), bias.toDoubles());
            folded(row, adapter, layer.coefficient()).writeTo(mergedBias);
        }
    }

    private Matrix adapter(MergeLayer layer) {
        Matrix down = Matrix.read(layer.down());
        return layer.up() == null ? down : down.times(Matrix.read(layer.up()), precision);
    }

    /** frozen + coefficient · frozen W. */
    private Matrix folded(Matrix frozen, Matrix adapter, double coefficient) {
        Matrix product = frozen.times(adapter, precision);
        Matrix result = Matrix.zeros(frozen.rows(), frozen.columns());
        for (int i = 0; i < result.values().length; i++) {
            double change = precision.round(coefficient * product.values()[i]);
            result.values()[i] = precision.round(frozen.values()[i] + change);
        }
        return result;
    }
}
