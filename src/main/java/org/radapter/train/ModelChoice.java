package org.radapter.train;

import java.io.Serializable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Backends;

/**
 * Which model is meant, so that another process can open it: {@link LoadedModel#open(ModelChoice, int)}.
 *
 * @param model a CLIP as {@link org.radapter.weights.ClipFile#open} takes it
 * @param adapter an adapter file that is merged into it; null: none
 * @param alpha how far, 0 to 1; null: what the adapter file recommends
 * @param backend a name for {@link Backends#open(String)}
 */
public record ModelChoice(
        String model, @Nullable String adapter, @Nullable Double alpha, String backend) implements Serializable {
    private static final long serialVersionUID = 1;

    /**
     * Checks the choice.
     *
     * @throws IllegalArgumentException if α is given without adapters
     */
    public ModelChoice {
        Objects.requireNonNull(model);
        Objects.requireNonNull(backend);
        if (adapter == null && alpha != null) {
            throw new IllegalArgumentException("α = " + alpha + " has a meaning only with an adapter file; name one");
        }
    }

    /** A model as it is, on the fastest backend there is. */
    public static ModelChoice of(String model) {
        return new ModelChoice(model, null, null, Backends.AUTO);
    }
}
