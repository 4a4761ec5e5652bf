package org.radapter.cli.report;

/**
 * A set of test images as people speak of it.
 *
 * @param name in rows and files, such as {@code far-ood}
 * @param label in tables and pictures, such as {@code far OOD}
 * @param role what it tells
 * @param description half a sentence, or an empty string
 */
public record SplitInfo(String name, String label, Role role, String description) {
    /** What accuracy on a set of images tells. */
    public enum Role {
        /** Images like those of fine-tuning. */
        ID,
        /** Images somewhat unlike those of fine-tuning. */
        NEAR_OOD,
        /** Images very unlike those of fine-tuning. */
        FAR_OOD,
        /** Anything else; shown in tables only. */
        OTHER
    }
}
