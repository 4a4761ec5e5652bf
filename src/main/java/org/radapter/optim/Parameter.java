package org.radapter.optim;

import org.radapter.tensor.Tensor;

/**
 * A named tensor of a model.
 *
 * @param name within its model, such as {@code visual.proj} or {@code text.3.mlp.up}
 * @param value its numbers, of the master type
 * @param trained whether an optimiser changes it; what is not trained never changes and may be packed
 */
public record Parameter(String name, Tensor value, boolean trained) {
    /** A parameter that never changes. */
    public static Parameter frozen(String name, Tensor value) {
        return new Parameter(name, value, false);
    }
}
