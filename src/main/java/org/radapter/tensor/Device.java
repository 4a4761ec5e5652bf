package org.radapter.tensor;

import org.jspecify.annotations.Nullable;

/** Where tensors live and kernels run. */
public interface Device {
    /** Short name: {@code cpu}, {@code reference}, {@code cuda:0}. */
    String name();

    /** Whether the host reads this device's tensors directly. */
    boolean isHost();

    /**
     * Whether kernels reach tensors through {@link Tensor#address}, as native code does. If so, tensors without an
     * address are no arguments of theirs.
     */
    default boolean usesAddresses() {
        return true;
    }

    /**
     * A new lane for copies beside the device's work; null where the host reaches the memory in place, so that there is
     * nothing to copy. To be closed before the device's backend.
     */
    default @Nullable UploadLane newUploadLane() {
        return null;
    }

    /** A new, empty arena; it grows as it is used. {@code purpose} names it in messages. */
    Arena arena(String purpose);
}
