package org.radapter.data.emoji;

import java.util.Locale;
import org.radapter.data.DataException;

/** The parts of EmojiShift in which the downstream concepts' drawings lie. */
public enum Split {
    /** Fine-tuning, in the five styles of the training distribution. */
    TRAIN,
    /** A tenth of what would be training, for choosing settings. */
    VALIDATION,
    /** Test in the five styles of the training distribution. */
    ID_TEST,
    /** Test on black drawings by known vendors; far out of distribution. */
    MONO,
    /** Test on a vendor never seen, coloured with outlines; far out of distribution. */
    STREAMLINE,
    /** Test on shaded solids by a known vendor; near out of distribution. */
    THREE_D,
    /** Test on a vendor never seen, in flat colour; near out of distribution. */
    FXEMOJI,
    /** Test on a vendor never seen, black outlines; empty where the font is not installed. */
    SYMBOLA;

    /** Whether it counts in the figure "far OOD". */
    public boolean farOod() {
        return this == MONO || this == STREAMLINE;
    }

    /** Whether it counts in the figure "near OOD". */
    public boolean nearOod() {
        return this == THREE_D || this == FXEMOJI;
    }

    /** Whether nothing may be trained on it. */
    public boolean test() {
        return this != TRAIN && this != VALIDATION;
    }

    /** The short name, in lower case with hyphens: {@code "id-test"}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The split of a short name.
     *
     * @throws DataException naming those there are, if there is none of that name
     */
    public static Split byId(String id) {
        StringBuilder ids = new StringBuilder();
        for (Split split : values()) {
            if (split.id().equals(id)) {
                return split;
            }
            ids.append(ids.isEmpty() ? "" : ", ").append(split.id());
        }
        throw new DataException("There is no split \"" + id + "\"; the splits are " + ids + ".");
    }
}
