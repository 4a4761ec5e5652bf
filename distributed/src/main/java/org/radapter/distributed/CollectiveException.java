package org.radapter.distributed;

/**
 * Ranks could not do something together: one is gone, does not answer in time, never came, or contradicts this one. The
 * message names this rank, the epoch of the group and what was being done.
 */
public final class CollectiveException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    /** A failure without a cause of its own. */
    public CollectiveException(String message) {
        super(message);
    }

    /** A failure of the transport. */
    public CollectiveException(String message, Throwable cause) {
        super(message, cause);
    }
}
