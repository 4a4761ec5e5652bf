package org.radapter.train;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.ClipShapes;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Tensor;
import org.radapter.weights.TensorSources;

/** Weights of a model as named tensors, and new models from them. */
public final class ModelCopies {
    private ModelCopies() {}

    /** Views on the present values by canonical name, with the extents files use. */
    public static Map<String, Tensor> values(ClipParameters weights) {
        Map<String, Tensor> values = new LinkedHashMap<>();
        for (Parameter parameter : weights.all()) {
            values.put(parameter.name(), stored(parameter.name(), parameter.value()));
        }
        return values;
    }

    /**
     * Views on the moving averages by canonical name.
     *
     * @throws IllegalStateException if the weights are frozen
     */
    public static Map<String, Tensor> averages(ClipParameters weights) {
        Map<String, Tensor> values = new LinkedHashMap<>();
        for (Parameter parameter : weights.all()) {
            values.put(parameter.name(), stored(parameter.name(), weights.set().average(parameter.name())));
        }
        return values;
    }

    /** The temperature is a scalar in files and a vector of one in memory. */
    private static Tensor stored(String name, Tensor value) {
        return name.equals(ClipShapes.LOGIT_SCALE) ? value.reshape() : value;
    }

    /**
     * Frozen weights of their own with the given values; the caller closes them.
     *
     * @param like gives geometry and type
     * @throws IOException if a value does not fit
     */
    public static ClipParameters frozen(Kernels kernels, ClipParameters like, Map<String, Tensor> values)
            throws IOException {
        return ClipParameters.frozen(kernels, like.dtype(), like.config(), TensorSources.of(values));
    }
}
