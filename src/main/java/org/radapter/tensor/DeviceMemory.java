package org.radapter.tensor;

import java.nio.ByteBuffer;

/** How the host reads and writes a device's memory, which it cannot reach itself: by copies. */
public interface DeviceMemory {
    /**
     * Fills {@code to}, from its position to its limit, once all work given to the device before is done.
     *
     * @param address of the first byte on the device
     */
    void read(long address, ByteBuffer to);

    /**
     * Copies {@code from}, from its position to its limit; work given to the device later sees it. {@code from} may be
     * changed as soon as this returns.
     *
     * @param address of the first byte on the device
     */
    void write(ByteBuffer from, long address);
}
