package org.radapter.clip.image;

/** How an image of any shape becomes a square, by open_clip's names ({@code resize_mode}). */
public enum ResizeMode {
    /** The shorter side is resized, then the middle is cut out: CLIP's own, the default. */
    SHORTEST,
    /** Both sides are resized, whatever becomes of the proportions. */
    SQUASH
}
