package org.radapter.kernels.jni;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.LongPointer;
import org.radapter.kernels.jni.abi.Abi;
import org.radapter.tensor.DeviceMemory;

/**
 * Copies between the host and a GPU by way of two page-locked buffers: while the GPU copies from or to one, the host
 * fills or empties the other. Copies are put into the context's stream, so they come in order with its work.
 */
final class Staging implements DeviceMemory, AutoCloseable {
    private static final int SLOT_BYTES = 4 << 20;

    private final NativeContext context;
    private final long stream;
    private final Slot[] slots;
    private int next;

    /** A buffer, and the last copy from or to it. */
    private final class Slot {
        private final long address;
        private final ByteBuffer buffer;
        private final long copied;

        Slot() {
            try (LongPointer created = new LongPointer(1)) {
                Status.check(Abi.radapter_allocate_host(context.handle(), SLOT_BYTES, created));
                address = created.get();
                Status.check(Abi.radapter_event_create(context.handle(), created));
                copied = created.get();
            }
            buffer = NativeMemory.view(address, SLOT_BYTES);
        }

        /** Waits for the last copy. */
        ByteBuffer await() {
            Status.check(Abi.radapter_event_synchronize(context.handle(), copied));
            return buffer.clear();
        }

        void toDevice(long to, int bytes) {
            Status.check(Abi.radapter_copy_to_device(context.handle(), stream, to, address, bytes));
            Status.check(Abi.radapter_event_record(context.handle(), copied, stream));
        }

        void toHost(long from, int bytes) {
            Status.check(Abi.radapter_copy_to_host(context.handle(), stream, address, from, bytes));
            Status.check(Abi.radapter_event_record(context.handle(), copied, stream));
        }

        void free() {
            Status.check(Abi.radapter_event_destroy(context.handle(), copied));
            Status.check(Abi.radapter_free_host(context.handle(), address));
        }
    }

    /** Copies of a context in one of its streams. */
    Staging(NativeContext context, long stream) {
        this.context = context;
        this.stream = stream;
        this.slots = new Slot[] {new Slot(), new Slot()};
    }

    private Slot nextSlot() {
        Slot slot = slots[next];
        next = 1 - next;
        return slot;
    }

    private void requireNoRecording(String what) {
        if (stream == context.stream()) {
            context.requireNoRecording(what);
        }
    }

    @Override
    public synchronized void write(ByteBuffer from, long address) {
        requireNoRecording("written");
        ByteBuffer rest = from.duplicate();
        int end = rest.limit();
        long to = address;
        while (rest.position() < end) {
            int some = Math.min(SLOT_BYTES, end - rest.position());
            Slot slot = nextSlot();
            slot.await().put(rest.limit(rest.position() + some));
            slot.toDevice(to, some);
            to += some;
        }
    }

    /** Asks for the next piece before it waits for the last one. */
    @Override
    public synchronized void read(long address, ByteBuffer to) {
        requireNoRecording("read");
        int count = to.remaining();
        Slot before = null;
        int pending = 0;
        for (int asked = 0; asked < count || before != null; ) {
            Slot slot = null;
            int some = Math.min(SLOT_BYTES, count - asked);
            if (some > 0) {
                slot = nextSlot();
                slot.toHost(address + asked, some);
                asked += some;
            }
            if (before != null) {
                to.put(before.await().limit(pending));
            }
            before = slot;
            pending = some;
        }
    }

    @Override
    public synchronized void close() {
        for (Slot slot : slots) {
            slot.await();
            slot.free();
        }
    }
}
