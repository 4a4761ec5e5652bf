package org.radapter.weights;

import java.io.IOException;

/** A file of weights or its configuration is not what it should be; the message names the file and says what to do. */
public class WeightsFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    /** With a message for the user. */
    public WeightsFormatException(String message) {
        super(message);
    }

    /** With a message for the user and the reason. */
    public WeightsFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
