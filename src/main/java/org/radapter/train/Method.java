package org.radapter.train;

/** How a model is fine-tuned. */
public enum Method {
    /** Adapters with dropping and averaging, MPM-NCE on both towers, merged at α. */
    R_ADAPTER("r-adapter", "R-Adapter"),
    /** Adapters in both towers without dropping or averaging, cross-entropy against the zero-shot text head. */
    PLAIN_ADAPTER("plain-adapter", "plain adapter"),
    /** All weights, MPM-NCE on both towers; α below 1 interpolates with the start, as WiSE-FT does. */
    FULL("full", "full fine-tuning"),
    /** Updates of low rank to the attention's input projections in both towers; α below 1 scales them down. */
    LORA("lora", "LoRA");

    private final String label;
    private final String title;

    Method(String label, String title) {
        this.label = label;
        this.title = title;
    }

    /** Name in settings and files. */
    public String label() {
        return label;
    }

    /** Name in tables and pictures. */
    public String title() {
        return title;
    }

    /** Whether the frozen model gets adapters. */
    public boolean usesAdapters() {
        return this == R_ADAPTER || this == PLAIN_ADAPTER;
    }

    /**
     * The method of this name.
     *
     * @throws IllegalArgumentException naming all methods, if there is none
     */
    public static Method of(String label) {
        StringBuilder known = new StringBuilder();
        for (Method method : values()) {
            if (method.label.equals(label)) {
                return method;
            }
            known.append(known.isEmpty() ? "" : ", ").append(method.label);
        }
        throw new IllegalArgumentException("unknown method \"" + label + "\"; there are " + known);
    }
}
