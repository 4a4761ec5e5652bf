package org.radapter.clip.image;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A file is no image that can be read; the message names it and says what it seems to be. */
public final class ImageException extends IOException {
    private static final long serialVersionUID = 1;

    /** An exception with a message and, if there is one, the cause. */
    public ImageException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
