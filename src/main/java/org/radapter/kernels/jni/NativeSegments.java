package org.radapter.kernels.jni;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Segment;
import org.radapter.kernels.Segments;
import org.radapter.kernels.jni.abi.SegmentStruct;
import org.radapter.tensor.Tensor;

/** An array of {@code radapter_segment}. It keeps the tensors' addresses: their arena must stay open. */
final class NativeSegments implements Segments {
    private final List<Segment> segments;
    private final long size;
    private final LeakReport leakReport;
    private @Nullable SegmentStruct structs;

    NativeSegments(List<Segment> segments) {
        this.segments = List.copyOf(segments);
        this.size = segments.stream().mapToLong(s -> s.parameter().size()).sum();
        this.structs = new SegmentStruct(Math.max(1, segments.size()));
        for (int i = 0; i < segments.size(); i++) {
            write(segments.get(i), structs.position(i));
        }
        structs.position(0);
        this.leakReport = LeakReport.watch(this, "a list of " + segments.size() + " segments");
    }

    private static void write(Segment segment, SegmentStruct struct) {
        Tensor average = segment.average();
        struct.parameter(segment.parameter().address())
                .gradient(segment.gradient().address())
                .exp_avg(segment.expAvg().address())
                .exp_avg_sq(segment.expAvgSq().address())
                .average(average == null ? 0 : average.address())
                .count(segment.parameter().size())
                .weight_decay(segment.weightDecay());
    }

    /**
     * Those of this backend.
     *
     * @throws IllegalArgumentException if another backend prepared them
     */
    static NativeSegments of(Segments segments) {
        if (segments instanceof NativeSegments prepared) {
            return prepared;
        }
        throw new IllegalArgumentException("these segments were prepared by another backend");
    }

    /**
     * The array for native code.
     *
     * @throws IllegalStateException if this, or an arena of one of the tensors, is closed
     */
    SegmentStruct structs() {
        SegmentStruct open = structs;
        if (open == null) {
            throw new IllegalStateException("these segments are closed");
        }
        for (int i = 0; i < segments.size(); i++) {
            requireOpen(segments.get(i));
        }
        return open;
    }

    /** Asking for an address is refused where the arena is closed. */
    private static void requireOpen(Segment segment) {
        Tensor average = segment.average();
        long bits = segment.parameter().address()
                | segment.gradient().address()
                | segment.expAvg().address()
                | segment.expAvgSq().address()
                | (average == null ? 0 : average.address());
        if (bits == 0) {
            throw new IllegalStateException("a segment without memory");
        }
    }

    int count() {
        return segments.size();
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void close() {
        if (structs != null) {
            structs.close();
            structs = null;
            leakReport.closed();
        }
    }
}
