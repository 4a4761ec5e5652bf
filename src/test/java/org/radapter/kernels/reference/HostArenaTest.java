package org.radapter.kernels.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

final class HostArenaTest {
    @Test
    void tensorsDoNotShareMemoryAndStartAt64Bytes() {
        try (Arena arena = new ReferenceDevice().arena("test")) {
            Tensor[] tensors = new Tensor[50];
            for (int i = 0; i < tensors.length; i++) {
                tensors[i] = arena.allocate(DType.F32, 1000L * (i + 1)).copyFrom(new float[1000 * (i + 1)]);
                assertThat(tensors[i].bytes().alignmentOffset(0, 64)).isZero();
                for (int j = 0; j < i; j++) {
                    assertThat(tensors[i].overlaps(tensors[j])).isFalse();
                }
            }
            assertThat(arena.bytes()).isGreaterThanOrEqualTo(4L * 1000 * 50 * 51 / 2);
        }
    }

    @Test
    void releasedMemoryIsUsedAgainAndThePeakIsRemembered() {
        try (Arena arena = new ReferenceDevice().arena("test")) {
            Tensor kept = arena.allocate(DType.F32, 16).copyFrom(new float[16]);
            long mark = arena.mark();
            Tensor first = arena.allocate(DType.F32, 1 << 20);
            arena.allocate(DType.F32, 1 << 20);
            long most = arena.bytes();
            arena.release(mark);
            assertThat(arena.bytes()).isEqualTo(64);
            assertThat(arena.peakBytes()).isEqualTo(most);
            Tensor again = arena.allocate(DType.F32, 1 << 20);
            assertThat(again.isSameMemory(first)).isTrue();
            assertThat(again.overlaps(kept)).isFalse();
            arena.release(0);
            assertThat(arena.bytes()).isZero();
        }
    }

    @Test
    void aMarkAboveTheFillLevelIsRefused() {
        try (Arena arena = new ReferenceDevice().arena("step")) {
            arena.allocate(DType.F32, 100);
            long mark = arena.mark();
            arena.release(0);
            assertThatThrownBy(() -> arena.release(mark))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("step");
        }
    }

    @Test
    void poisonedMemoryIsNaNEvenWhenItIsUsedAgain() {
        try (Arena arena = ReferenceDevice.poisoned().arena("test")) {
            for (DType dtype : new DType[] {DType.F64, DType.F32, DType.BF16, DType.F16}) {
                long mark = arena.mark();
                Tensor tensor = arena.allocate(dtype, 3, 5);
                assertThat(tensor.toDoubles()).containsOnly(Double.NaN);
                tensor.copyFrom(new double[15]);
                arena.release(mark);
            }
        }
    }

    @Test
    void badShapesAndClosedArenasAreRefused() {
        Arena arena = new ReferenceDevice().arena("step");
        assertThatThrownBy(() -> arena.allocate(DType.F32, 2, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("F32[2, -1]");
        assertThatThrownBy(() -> arena.allocate(DType.F32, 1L << 29))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 GiB");
        assertThatThrownBy(() -> arena.allocate(DType.F32, 1L << 40, 1L << 40))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 GiB");
        arena.close();
        arena.close();
        assertThatThrownBy(() -> arena.allocate(DType.F32, 2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("step");
        assertThatThrownBy(arena::mark).isInstanceOf(IllegalStateException.class);
    }
}
