package org.radapter.clip.tokenizer;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A vocabulary file is missing or is not what it should be; the message says what to do. */
public final class VocabularyException extends IOException {
    private static final long serialVersionUID = 1;

    /** An exception with a message and, if there is one, the cause. */
    public VocabularyException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** An exception with a message. */
    public VocabularyException(String message) {
        this(message, null);
    }
}
