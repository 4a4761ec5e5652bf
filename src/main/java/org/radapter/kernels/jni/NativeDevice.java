package org.radapter.kernels.jni;

import org.radapter.tensor.Arena;
import org.radapter.tensor.Device;

/** The memory of a context: the host's, as native kernels see it, or a GPU's. */
final class NativeDevice implements Device {
    private final NativeContext context;
    private final String name;

    NativeDevice(NativeContext context, String name) {
        this.context = context;
        this.name = name;
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
    public Arena arena(String purpose) {
        return new NativeArena(context, purpose);
    }
}
