package org.radapter.kernels.jni;

import org.radapter.tensor.Arena;
import org.radapter.tensor.Device;

/** The host's memory, as native kernels see it. */
final class NativeDevice implements Device {
    private final NativeContext context;

    NativeDevice(NativeContext context) {
        this.context = context;
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public boolean isHost() {
        return true;
    }

    @Override
    public Arena arena(String purpose) {
        return new NativeArena(context, purpose);
    }
}
