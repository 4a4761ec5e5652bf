package org.radapter.train;

import java.io.IOException;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.AdapterSite;
import org.radapter.adapter.Reparameterization;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.MergedProjections;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Parameter;

/** The result of a fine-tuning run: models at any α between the start and the end. */
public final class FineTuned implements AutoCloseable {
    private final Kernels kernels;
    private final ClipParameters base;
    private final @Nullable AdapterParameters adapters;
    private final @Nullable ClipParameters tuned;
    private final AdapterParameters.@Nullable BiasCorrection correction;
    private final long trainedParameters;
    private final @Nullable ClassHead headBefore;

    private FineTuned(
            Kernels kernels,
            ClipParameters base,
            @Nullable AdapterParameters adapters,
            @Nullable ClipParameters tuned,
            AdapterParameters.@Nullable BiasCorrection correction,
            long trainedParameters,
            @Nullable ClassHead headBefore) {
        this.kernels = kernels;
        this.base = base;
        this.adapters = adapters;
        this.tuned = tuned;
        this.correction = correction;
        this.trainedParameters = trainedParameters;
        this.headBefore = headBefore;
    }

    /** A result with adapters; it owns them. */
    static FineTuned adapters(
            Kernels kernels,
            ClipParameters base,
            AdapterParameters adapters,
            AdapterParameters.@Nullable BiasCorrection correction) {
        return new FineTuned(
                kernels, base, adapters, null, correction, adapters.set().size(), null);
    }

    /**
     * A result with weights of its own, read as their averages; it owns them.
     *
     * @param headBefore of a run whose head learned, which lies in the weights' set; else null
     */
    static FineTuned weights(
            Kernels kernels,
            ClipParameters base,
            ClipParameters tuned,
            long trainedParameters,
            @Nullable ClassHead headBefore) {
        return new FineTuned(kernels, base, null, tuned, null, trainedParameters, headBefore);
    }

    /** The trained adapters; null after full fine-tuning and LoRA. */
    public @Nullable AdapterParameters adapters() {
        return adapters;
    }

    /** How averages are read; null for as they are. */
    public AdapterParameters.@Nullable BiasCorrection correction() {
        return correction;
    }

    /** Number of trained numbers. */
    public long trainedParameters() {
        return trainedParameters;
    }

    /**
     * A model without adapters between the start (α = 0) and the end (α = 1); the caller closes it.
     *
     * @throws IllegalArgumentException if the adapters have a non-linearity, which no weight can take in
     * @throws IOException never in practice: nothing is read from a file
     */
    public ClipParameters merged(double alpha) throws IOException {
        if (adapters != null) {
            return merged(site -> alpha);
        }
        ClipParameters merged = ModelCopies.frozen(kernels, base, ModelCopies.values(base));
        if (tuned != null) {
            interpolate(tuned, merged, alpha);
        }
        return merged;
    }

    /**
     * A model with the adapters folded in, each site at an α of its own; the caller closes it.
     *
     * @throws IllegalStateException if the run trained weights, not adapters
     * @throws IllegalArgumentException if the adapters have a non-linearity, which no weight can take in
     * @throws IOException never in practice: nothing is read from a file
     */
    public ClipParameters merged(ToDoubleFunction<AdapterSite> alpha) throws IOException {
        if (adapters == null) {
            throw new IllegalStateException("this run trained weights; an alpha of each site is for adapters");
        }
        ClipParameters merged = ModelCopies.frozen(kernels, base, ModelCopies.values(base));
        new Reparameterization(kernels, adapters, alpha, correction).merge(new MergedProjections(base, merged));
        return merged;
    }

    /**
     * The class vectors that learned with the weights, between the start (α = 0) and the end (α = 1): logits are their
     * products with unit image vectors, 1/τ included.
     *
     * @return [classes][embedDim]; null if the head did not learn
     */
    public float @Nullable [][] head(double alpha) {
        return headBefore == null || tuned == null ? null : headBefore.towards(tuned.set(), alpha);
    }

    /** {@code merged = (1−α) merged + α tuned}, where tuned is read as its average. */
    private void interpolate(ClipParameters end, ClipParameters merged, double alpha) {
        for (Parameter parameter : merged.all()) {
            double[] from = parameter.value().toDoubles();
            double[] to = end.set().average(parameter.name()).toDoubles();
            for (int i = 0; i < from.length; i++) {
                from[i] += alpha * (to[i] - from[i]);
            }
            parameter.value().copyFrom(from);
        }
    }

    @Override
    public void close() {
        if (adapters != null) {
            adapters.close();
        }
        if (tuned != null) {
            tuned.close();
        }
    }
}
