package org.radapter.tensor;

/**
 * A second way for the host to write a device's memory: copies in an order of their own, so that the device works on
 * other things meanwhile. {@link #follow} and {@link #join} tie that order to the device's work.
 *
 * <p>{@link DeviceMemory#write} returns when the host's numbers are taken over, not when they are there. Lane and work may
 * be given by different threads, each of them by one at a time.
 */
public interface UploadLane extends DeviceMemory, AutoCloseable {
    /** Later copies wait for all work given to the device until now. */
    void follow();

    /** Work given to the device from now on waits for all copies until now. */
    void join();

    /** Waits for the copies and ends the lane. Idempotent. */
    @Override
    void close();
}
