package org.radapter.kernels.jni;

import org.radapter.kernels.jni.abi.Abi;

/** Turns a {@code radapter_status} into Java's exceptions. */
final class Status {
    private Status() {}

    /**
     * Returns if {@code status} is RADAPTER_OK.
     *
     * @throws IllegalArgumentException for RADAPTER_INVALID_ARGUMENT
     * @throws OutOfMemoryError for RADAPTER_OUT_OF_MEMORY
     * @throws UnsupportedOperationException for RADAPTER_UNSUPPORTED
     * @throws IllegalStateException for everything else
     */
    static void check(int status) {
        if (status != Abi.RADAPTER_OK) {
            raise(status);
        }
    }

    private static void raise(int status) {
        String message = Abi.radapter_last_error().getString();
        switch (status) {
            case Abi.RADAPTER_INVALID_ARGUMENT -> throw new IllegalArgumentException(message);
            case Abi.RADAPTER_OUT_OF_MEMORY -> throw new OutOfMemoryError(message);
            case Abi.RADAPTER_UNSUPPORTED -> throw new UnsupportedOperationException(message);
            default -> throw new IllegalStateException("native failure " + status + ": " + message);
        }
    }
}
