package org.radapter.data.emoji;

import java.util.Locale;

/**
 * Who drew a style. Styles of one vendor show one drawing in several techniques, so splits are by (concept, vendor):
 * split by style, a test drawing would have its twin in training.
 */
public enum Vendor {
    /** Noto in its present form, its outline font, and its first form. */
    GOOGLE,
    /** Twemoji. */
    TWITTER,
    /** Fluent in three techniques. */
    MICROSOFT,
    /** EmojiOne, coloured and black. */
    EMOJIONE,
    /** FxEmoji; held out of pre-training and training. */
    MOZILLA,
    /** Streamline; held out of pre-training and training. */
    STREAMLINE,
    /** Symbola; held out of pre-training and training. */
    SYMBOLA;

    /** True if nothing this vendor drew may be trained on, in pre-training or later. */
    public boolean heldOut() {
        return this == MOZILLA || this == STREAMLINE || this == SYMBOLA;
    }

    /** The name in hashes; it must never change. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
