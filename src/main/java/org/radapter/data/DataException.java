package org.radapter.data;

/** Data that cannot be had or used; the message says why and what to do. */
public class DataException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With a message for the user. */
    public DataException(String message) {
        super(message);
    }

    /** With a message for the user and the cause behind it. */
    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
