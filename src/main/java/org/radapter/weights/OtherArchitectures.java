package org.radapter.weights;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Recognises models that look like CLIP but are something else. */
final class OtherArchitectures {
    static final String RESNET = "a ResNet CLIP (RN50, RN101, …)";
    static final String SIGLIP = "a SigLIP";
    static final String COCA = "a CoCa";
    static final String CUSTOM_TEXT = "a CLIP with a custom text tower";

    private OtherArchitectures() {}

    /** The exception for a model of another architecture. */
    static WeightsFormatException refused(String where, String architecture) {
        return new WeightsFormatException(where + " holds " + architecture
                + ", which is not supported; take a CLIP with a ViT image tower, such as ViT-B/32, ViT-B/16 or"
                + " ViT-L/14");
    }

    /** @throws WeightsFormatException naming the architecture, if names of tensors give it away */
    static void refuseByNames(Set<String> names, String where) throws WeightsFormatException {
        String architecture = architecture(names);
        if (architecture != null) {
            throw refused(where, architecture);
        }
    }

    private static @Nullable String architecture(Set<String> names) {
        if (names.contains("logit_bias") || names.contains("vision_model.head.probe")) {
            return SIGLIP;
        }
        if (anyStarts(names, "text_decoder.") || anyStarts(names, "visual.attn_pool.")) {
            return COCA;
        }
        if (anyStarts(names, "visual.layer1.") || anyStarts(names, "visual.attnpool.")) {
            return RESNET;
        }
        if (anyStarts(names, "visual.trunk.")) {
            return "a CLIP with a timm vision tower";
        }
        return anyStarts(names, "text.") ? CUSTOM_TEXT : null;
    }

    private static boolean anyStarts(Set<String> names, String prefix) {
        return names.stream().anyMatch(name -> name.startsWith(prefix));
    }
}
