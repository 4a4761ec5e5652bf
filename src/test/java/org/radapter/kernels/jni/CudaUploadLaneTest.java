package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.radapter.kernels.Backends;
import org.radapter.kernels.CudaTest;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.Recording;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.UploadLane;

/** Copies beside a GPU's work. */
@CudaTest
class CudaUploadLaneTest {
    /** Several times what a copy takes at once, and no multiple of it. */
    private static final int COUNT = (11 << 20) / Float.BYTES + 3;

    private Kernels kernels;
    private Arena arena;
    private UploadLane lane;

    @BeforeEach
    void open() {
        kernels = Backends.open("cuda:0");
        arena = kernels.device().arena("test");
        lane = Objects.requireNonNull(kernels.device().newUploadLane());
    }

    @AfterEach
    void close() {
        lane.close();
        lane.close();
        arena.close();
        kernels.close();
    }

    private static float[] numbers(int count, int seed) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = i * 7 + seed;
        }
        return numbers;
    }

    private Tensor filled(int count, double value) {
        Tensor tensor = arena.allocate(DType.F32, count);
        kernels.fill(tensor, value);
        return tensor;
    }

    @Test
    void workAfterAJoinSeesWhatWasWritten() {
        Tensor there = filled(COUNT, Double.NaN);
        Tensor copy = filled(COUNT, Double.NaN);
        float[] values = numbers(COUNT + 2, 1);
        lane.follow();
        there.copyFrom(values, 2, lane);
        lane.join();
        kernels.convert(there, copy);
        assertThat(Arrays.equals(copy.toFloats(), Arrays.copyOfRange(values, 2, values.length)))
                .isTrue();
    }

    @Test
    void copiesAfterAFollowLeaveEarlierWorkWhatItReads() {
        Tensor source = arena.allocate(DType.F32, 1000);
        Tensor[] sums = {filled(1000, 0), filled(1000, 0)};
        for (int round = 0; round < 6; round++) {
            float[] values = new float[1000];
            Arrays.fill(values, 1 << round);
            lane.follow();
            source.copyFrom(values, 0, lane);
            lane.join();
            for (Tensor sum : sums) {
                kernels.add(sum, source, sum);
            }
        }
        for (Tensor sum : sums) {
            assertThat(sum.toFloats()).containsOnly(63);
        }
    }

    @Test
    void everyTypeIsRoundedAsInPlace() {
        float[] values = {1.00390625f, -3.3f, 65504, 1e-8f, Float.NaN, 7, 8};
        for (DType dtype : new DType[] {DType.F16, DType.BF16, DType.F32}) {
            Tensor there = arena.allocate(dtype, 5);
            there.copyFrom(values, 1, lane);
            lane.join();
            assertThat(there.toDoubles())
                    .isEqualTo(Tensor.onHost(dtype, 5).copyFrom(values, 1).toDoubles());
        }
    }

    @Test
    void anotherThreadMayWriteWhileWorkIsRecorded() {
        Tensor x = filled(1000, 2);
        Tensor there = filled(COUNT, Double.NaN);
        float[] values = numbers(COUNT, 3);
        CompletableFuture<?>[] writing = new CompletableFuture<?>[1];
        lane.follow();
        try (Recording recording = kernels.record(() -> {
            writing[0] = CompletableFuture.runAsync(() -> there.copyFrom(values, 0, lane));
            kernels.add(x, x, x);
            assertThatThrownBy(lane::follow)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("Kernels.record");
        })) {
            recording.replay();
            writing[0].join();
        }
        lane.join();
        assertThat(Arrays.equals(there.toFloats(), values)).isTrue();
        assertThat(x.toFloats()).containsOnly(4);
    }

    @Test
    void rowsWithGapsAndTheHostsMemoryAreRefused() {
        float[] values = new float[4];
        assertThatThrownBy(() -> arena.allocate(DType.F32, 2, 4).columns(0, 2).copyFrom(values, 0, lane))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("without gaps");
        assertThatThrownBy(() -> Tensor.onHost(DType.F32, 4).copyFrom(values, 0, lane))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("device");
    }

    @Test
    void aBackendWaitsForItsLanesToBeClosed() {
        Kernels other = Backends.open("cuda:0");
        UploadLane open = Objects.requireNonNull(other.device().newUploadLane());
        assertThatThrownBy(other::close).isInstanceOf(IllegalStateException.class);
        open.close();
        other.close();
    }

    @Test
    void theHostHasNone() {
        try (Kernels cpu = Backends.open("cpu")) {
            assertThat(cpu.device().newUploadLane()).isNull();
        }
    }
}
