package org.radapter.kernels.jni;

import org.jspecify.annotations.Nullable;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Device;
import org.radapter.tensor.UploadLane;

/** The memory of a context: the host's, as native kernels see it, or a GPU's. */
final class NativeDevice implements Device {
    private final NativeContext context;
    private final String name;
    private final int index;

    /** @param index number of a GPU, as its driver counts; 0 on the CPU */
    NativeDevice(NativeContext context, String name, int index) {
        this.context = context;
        this.name = name;
        this.index = index;
    }

    /**
     * A device as a GPU whose memory others may own; null for the host, whose memory all of its devices share.
     *
     * @throws IllegalArgumentException if it is not of native code
     */
    static @Nullable NativeDevice gpu(Device device) {
        if (device.isHost()) {
            return null;
        }
        if (device instanceof NativeDevice gpu) {
            return gpu;
        }
        throw new IllegalArgumentException("'" + device.name() + "' has no memory that others could own");
    }

    int index() {
        return index;
    }

    NativeContext context() {
        return context;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isHost() {
        return !context.isGpu();
    }

    @Override
    public @Nullable UploadLane newUploadLane() {
        return context.isGpu() ? new NativeUploadLane(context) : null;
    }

    @Override
    public Arena arena(String purpose) {
        return new NativeArena(context, purpose);
    }
}
