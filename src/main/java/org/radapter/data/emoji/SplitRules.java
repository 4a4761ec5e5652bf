package org.radapter.data.emoji;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.radapter.data.StableHash;

/**
 * Which drawing is for what. Pure functions of (role of the concept, hexcode, style): no lists that could drift.
 *
 * <p>{@code bucket = hash(hexcode, vendor) mod 10}. Vendor, not style: see {@link Vendor}.
 */
final class SplitRules {
    /** What a concept is for. */
    enum Role {
        /** One of the classes of the downstream task. */
        DOWNSTREAM,
        /** In no training of any kind: hard novel classes. */
        UNSEEN,
        /** For pre-training only. */
        OTHER
    }

    private static final Set<Style> ID_STYLES =
            EnumSet.of(Style.TWEMOJI, Style.NOTO, Style.NOTO1, Style.EMOJIONE2, Style.FLUENTFLAT);
    private static final Set<Style> MONO_STYLES = EnumSet.of(Style.FLUENTHC, Style.EMOJIONEMONO, Style.NOTOFONT);
    private static final int BUCKETS = 10;
    private static final int FIRST_TRAIN = 5;
    private static final int FIRST_TEST = 8;

    private SplitRules() {}

    /** Whether a style belongs to the training distribution. */
    static boolean inDistribution(Style style) {
        return ID_STYLES.contains(style);
    }

    /** From 0 to 9. */
    static int bucket(String hexcode, Vendor vendor) {
        return StableHash.bucket(BUCKETS, hexcode, vendor.key());
    }

    /** Whether the drawing may be pre-trained on. */
    static boolean mayPretrain(Role role, String hexcode, Style style) {
        if (style.vendor().heldOut() || role == Role.UNSEEN) {
            return false;
        }
        return role == Role.OTHER || bucket(hexcode, style.vendor()) < FIRST_TRAIN;
    }

    /** The downstream split of a drawing, if it is in one. */
    static Optional<Split> split(Role role, String hexcode, Style style) {
        if (role != Role.DOWNSTREAM) {
            return Optional.empty();
        }
        return switch (style) {
            case FXEMOJI -> Optional.of(Split.FXEMOJI);
            case STREAMLINE -> Optional.of(Split.STREAMLINE);
            case SYMBOLA -> Optional.of(Split.SYMBOLA);
            default -> knownVendor(hexcode, style);
        };
    }

    private static Optional<Split> knownVendor(String hexcode, Style style) {
        int bucket = bucket(hexcode, style.vendor());
        if (bucket >= FIRST_TEST) {
            Split mono = MONO_STYLES.contains(style) ? Split.MONO : Split.THREE_D;
            return Optional.of(inDistribution(style) ? Split.ID_TEST : mono);
        }
        if (bucket < FIRST_TRAIN || !inDistribution(style)) {
            return Optional.empty();
        }
        boolean validation =
                StableHash.bucket(BUCKETS, "validation", hexcode, style.vendor().key()) == 0;
        return Optional.of(validation ? Split.VALIDATION : Split.TRAIN);
    }
}
