package org.radapter.distributed.gloo;

/** The store at which ranks meet has gone while they did. */
final class StoreGoneException extends RuntimeException {
    private static final long serialVersionUID = 1;

    StoreGoneException(String message, Throwable cause) {
        super(message, cause);
    }
}
