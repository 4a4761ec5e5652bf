package org.radapter.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.AdapterSite;
import org.radapter.adapter.Reparameterization;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.MergedProjections;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;
import org.radapter.weights.AdapterDescription;
import org.radapter.weights.AdapterFile;
import org.radapter.weights.ClipFile;
import org.radapter.weights.HostTensors;
import org.radapter.weights.WeightsFormatException;

/** Trained adapters, to an {@link AdapterFile} and back. */
public final class AdapterFiles {
    private AdapterFiles() {}

    /**
     * Writes the adapters of a run: averages as they are read for a merge, and the last values beside them.
     *
     * @param file is replaced only when the new one is whole
     * @param base the model the run started from, whose hash the file carries
     * @throws IllegalArgumentException if the run has no adapters, as after full fine-tuning
     * @throws IOException if the base cannot be read or the file not written
     */
    public static void save(Path file, ClipFile base, FineTuned tuned, FineTuneSettings settings) throws IOException {
        AdapterParameters adapters = tuned.adapters();
        if (adapters == null) {
            throw new IllegalArgumentException("full fine-tuning has no adapters to save; save the merged model");
        }
        Map<String, Tensor> averaged = new LinkedHashMap<>();
        Map<String, Tensor> raw = new LinkedHashMap<>();
        for (String name : adapters.set().names()) {
            Tensor value = adapters.set().parameter(name).value();
            averaged.put(name, host(value, adapters.averaged(name, tuned.correction())));
            raw.put(name, host(value, value.toDoubles()));
        }
        AdapterDescription description = new AdapterDescription(
                base.sha256(), adapters.config(), adapters.sites(), settings.alpha(), settings.described());
        AdapterFile.write(file, description, averaged, raw);
    }

    private static Tensor host(Tensor like, double[] values) {
        return HostTensors.allocate(like.dtype(), like.shape()).copyFrom(values);
    }

    /**
     * The adapters of a file, averages and values both as its averaged values; the caller closes them.
     *
     * @param file adapters of a model like {@code base}
     * @throws WeightsFormatException if the adapters sit where {@code base} has no such place
     * @throws IOException if they cannot be read
     */
    public static AdapterParameters load(Kernels kernels, ClipParameters base, AdapterFile file) throws IOException {
        AdapterDescription description = file.description();
        for (AdapterSite site : description.sites()) {
            if (!ClipModel.adapterSites(base.config()).contains(site)) {
                throw new WeightsFormatException("the model has no place for the adapter " + site.name() + " of width "
                        + site.width() + "; take the model the adapters were trained on");
            }
        }
        AdapterParameters adapters =
                new AdapterParameters(kernels, base.dtype(), description.config(), description.sites(), 0);
        try {
            TensorSource averaged = file.averaged();
            for (String name : adapters.set().names()) {
                averaged.load(name, adapters.set().parameter(name).value());
            }
            adapters.set().resetAverages();
            return adapters;
        } catch (IOException | RuntimeException e) {
            adapters.close();
            throw e;
        }
    }

    /**
     * A model without adapters between the base (α = 0) and the trained one (α = 1); the caller closes it.
     *
     * @param baseSha256 {@link ClipFile#sha256} of {@code base}
     * @param alpha α; null: the one the file recommends
     * @throws WeightsFormatException if the adapters were trained on another model, or the file is no adapter file
     * @throws IOException if the file cannot be read
     */
    public static ClipParameters merged(
            Kernels kernels, ClipParameters base, String baseSha256, Path file, @Nullable Double alpha)
            throws IOException {
        try (AdapterFile opened = AdapterFile.open(file)) {
            opened.requireBase(baseSha256);
            try (AdapterParameters adapters = load(kernels, base, opened)) {
                double chosen = alpha == null ? opened.description().alpha() : alpha;
                Reparameterization merge = new Reparameterization(kernels, adapters, chosen, null);
                ClipParameters merged = ModelCopies.frozen(kernels, base, ModelCopies.values(base));
                merge.merge(new MergedProjections(base, merged));
                return merged;
            }
        }
    }
}
