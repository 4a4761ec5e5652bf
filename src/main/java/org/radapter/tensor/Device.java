package org.radapter.tensor;

/** Where tensors live and kernels run. */
public interface Device {
    /** Short name: {@code cpu}, {@code reference}, {@code cuda:0}. */
    String name();

    /** Whether the host reads this device's tensors directly. */
    boolean isHost();

    /** A new, empty arena; it grows as it is used. {@code purpose} names it in messages. */
    Arena arena(String purpose);
}
