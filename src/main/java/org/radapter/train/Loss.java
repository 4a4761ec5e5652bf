package org.radapter.train;

/** What fine-tuning minimises. */
public enum Loss {
    /** {@link org.radapter.loss.MpmNce}: images and texts of a batch against each other; InfoNCE is a special case. */
    MPM_NCE("mpm-nce"),
    /** {@link org.radapter.loss.CrossEntropy} of images against the text head of the model before training. */
    CROSS_ENTROPY("cross-entropy");

    private final String label;

    Loss(String label) {
        this.label = label;
    }

    /** Name in settings and files. */
    public String label() {
        return label;
    }

    /**
     * The loss of this name.
     *
     * @throws IllegalArgumentException naming both, if there is none
     */
    public static Loss of(String label) {
        for (Loss loss : values()) {
            if (loss.label.equals(label)) {
                return loss;
            }
        }
        throw new IllegalArgumentException(
                "there is no loss \"" + label + "\"; there are " + MPM_NCE.label + " and " + CROSS_ENTROPY.label);
    }
}
