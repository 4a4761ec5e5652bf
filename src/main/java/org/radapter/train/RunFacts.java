package org.radapter.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.radapter.clip.ClipParameters;
import org.radapter.data.ImageTextDataset;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Tensor;

/** What must be the same on all ranks for their bits to be the same, as far as it can be known before the first step. */
final class RunFacts {
    private RunFacts() {}

    static Map<String, String> of(
            Kernels kernels, ClipParameters base, FineTuneSettings settings, ImageTextDataset data) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("backend", Checkpoint.backend(kernels));
        // memory changes no result: a rank may have more or less of it
        facts.put(
                "settings",
                settings.toBuilder()
                        .activationBytes(FineTuneSettings.ACTIVATION_BYTES)
                        .build()
                        .toString());
        facts.put("shards", Integer.toString(settings.training().shardsFor(settings.batch())));
        facts.put("model", Long.toHexString(checksum(base)));
        facts.put("images", Integer.toString(data.size()));
        facts.put("labels", Integer.toHexString(labels(data)));
        return facts;
    }

    private static long checksum(ClipParameters weights) {
        CRC32C checksum = new CRC32C();
        for (Parameter parameter : weights.all()) {
            Tensor host = parameter.value().toHost();
            for (long row = 0; row < host.rows(); row++) {
                checksum.update(host.rows(row, row + 1).bytes());
            }
        }
        return checksum.getValue();
    }

    private static int labels(ImageTextDataset data) {
        int hash = data.classNames().hashCode();
        if (!data.classNames().isEmpty()) {
            for (int i = 0; i < data.size(); i++) {
                hash = 31 * hash + data.label(i);
            }
        }
        return hash;
    }
}
