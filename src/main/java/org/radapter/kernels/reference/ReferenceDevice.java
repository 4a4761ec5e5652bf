package org.radapter.kernels.reference;

import org.radapter.tensor.Arena;
import org.radapter.tensor.Device;

/** Host memory that needs no native library. */
public final class ReferenceDevice implements Device {
    private final boolean poisoned;

    /** A device whose arenas hold undefined content. */
    public ReferenceDevice() {
        this(false);
    }

    private ReferenceDevice(boolean poisoned) {
        this.poisoned = poisoned;
    }

    /** A device whose tensors are NaN until they are written; for tests. */
    public static ReferenceDevice poisoned() {
        return new ReferenceDevice(true);
    }

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public boolean isHost() {
        return true;
    }

    @Override
    public boolean usesAddresses() {
        return false;
    }

    @Override
    public Arena arena(String purpose) {
        return new HostArena(purpose, poisoned);
    }
}
