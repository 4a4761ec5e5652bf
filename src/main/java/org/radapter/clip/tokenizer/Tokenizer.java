package org.radapter.clip.tokenizer;

/** Turns text into the token ids a CLIP text tower reads. Implementations are immutable to callers and thread-safe. */
public interface Tokenizer {
    /** Number of ids {@link #encode} returns. */
    int contextLength();

    /** Number of rows a token embedding needs: the largest id plus one. */
    int vocabularySize();

    /** Id of the token before the text. */
    int startId();

    /** Id of the token after the text. */
    int endId();

    /**
     * The ids of one text, [{@link #contextLength}]: start, tokens of the cleaned text, end, then padding. A text that
     * is too long is cut so that the last id is {@link #endId}.
     */
    int[] encode(String text);

    /** The ids of the cleaned text alone: no start, no end, no padding, never cut. */
    int[] encodeWords(String text);

    /** The text of ids, without start and end; padding and anything else after the first {@link #endId} is ignored. */
    String decode(int... ids);
}
