package org.radapter.optim;

import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Tensor;

/** Where a backward pass writes the gradients of trained parameters. Each is written in full, once a pass. */
public interface Gradients {
    /** Gradient of {@code parameter}, shaped as it is; null where the parameter is not trained. */
    @Nullable
    Tensor of(Parameter parameter);

    /** Nothing is trained. */
    static Gradients none() {
        return parameter -> null;
    }
}
