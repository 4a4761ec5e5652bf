package org.radapter.weights;

/** The three ways in which CLIP models are stored. */
public enum Naming {
    /** OpenCLIP's names, with the configuration in {@code open_clip_config.json} or in the file's metadata. */
    OPEN_CLIP,
    /** Hugging Face's {@code CLIPModel}: a directory with {@code config.json} and {@code model.safetensors}. */
    HUGGING_FACE,
    /**
     * OpenAI's names, which are OpenCLIP's, in a bare file without a configuration: QuickGELU, heads of width 64,
     * OpenAI's image normalisation, text ends at the highest id.
     */
    OPENAI
}
