package org.radapter.kernels.jni;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.MergeLayer;
import org.radapter.kernels.jni.abi.MergeLayerStruct;
import org.radapter.tensor.Tensor;

/** An array of {@code radapter_merge_layer}. */
final class MergeLayers implements AutoCloseable {
    private final MergeLayerStruct structs;

    MergeLayers(List<MergeLayer> layers) {
        structs = new MergeLayerStruct(Math.max(1, layers.size()));
        for (int i = 0; i < layers.size(); i++) {
            write(layers.get(i), structs.position(i));
        }
        structs.position(0);
    }

    private static void write(MergeLayer layer, MergeLayerStruct struct) {
        Tensor weight = layer.weight();
        Tensor up = layer.up();
        struct.weight(weight.address())
                .weight_dtype(weight.dtype().code())
                .transposed(layer.transposed() ? 1 : 0)
                .bias(address(layer.bias()))
                .in(layer.transposed() ? weight.columns() : weight.rows())
                .out(layer.transposed() ? weight.rows() : weight.columns())
                .down(layer.down().address())
                .up(address(up))
                .rank(up == null ? 0 : up.rows())
                .coefficient(layer.coefficient())
                .merged_weight(layer.mergedWeight().address())
                .merged_bias(address(layer.mergedBias()));
    }

    private static long address(@Nullable Tensor tensor) {
        return tensor == null ? 0 : tensor.address();
    }

    MergeLayerStruct structs() {
        return structs;
    }

    @Override
    public void close() {
        structs.close();
    }
}
