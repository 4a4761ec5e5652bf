package org.radapter.kernels.jni;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.LongPointer;
import org.radapter.kernels.jni.abi.Abi;
import org.radapter.tensor.UploadLane;

/** Copies in a stream of their own, tied to the context's by two events. */
final class NativeUploadLane implements UploadLane {
    private final NativeContext context;
    private final LeakReport leakReport;
    private final long stream;
    private final long worked;
    private final long copied;
    private final Staging staging;
    private boolean closed;

    NativeUploadLane(NativeContext context) {
        this.context = context;
        this.stream = context.openStream();
        this.worked = newEvent();
        this.copied = newEvent();
        this.staging = new Staging(context, stream);
        this.leakReport = LeakReport.watch(this, "an upload lane");
    }

    private long newEvent() {
        try (LongPointer created = new LongPointer(1)) {
            Status.check(Abi.radapter_event_create(context.handle(), created));
            return created.get();
        }
    }

    @Override
    public void read(long address, ByteBuffer to) {
        staging.read(address, to);
    }

    @Override
    public void write(ByteBuffer from, long address) {
        staging.write(from, address);
    }

    @Override
    public void follow() {
        order(context.stream(), worked, stream);
    }

    @Override
    public void join() {
        order(stream, copied, context.stream());
    }

    private void order(long first, long event, long second) {
        context.requireNoRecording("awaited");
        Status.check(Abi.radapter_event_record(context.handle(), event, first));
        Status.check(Abi.radapter_stream_wait(context.handle(), second, event));
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        staging.close();
        Status.check(Abi.radapter_event_destroy(context.handle(), worked));
        Status.check(Abi.radapter_event_destroy(context.handle(), copied));
        context.closeStream(stream);
        leakReport.closed();
    }
}
