package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

class NativeArenaTest {
    private final NativeKernels kernels = NativeKernels.cpu(1, "auto");

    @AfterEach
    void close() {
        kernels.close();
    }

    @Test
    void tensorsAreAlignedAndApart() {
        try (Arena arena = kernels.device().arena("test")) {
            Tensor a = arena.allocate(DType.F32, 3, 5);
            Tensor b = arena.allocate(DType.U8, 1);
            Tensor c = arena.allocate(DType.BF16, 100_000);
            Tensor d = arena.allocate(DType.I64, 7);
            for (Tensor tensor : new Tensor[] {a, b, c, d}) {
                assertThat(tensor.address() % 64).isZero();
            }
            c.copyFrom(new float[100_000]);
            a.copyFrom(new float[15]);
            d.set(6, 1L << 40);
            b.set(0, 255);
            assertThat(a.get(14)).isZero();
            assertThat(c.get(99_999)).isZero();
            assertThat(d.get(6)).isEqualTo(0x1p40);
            assertThat(arena.bytes()).isEqualTo(64 + 64 + 200_000 + 64);
        }
    }

    @Test
    void aReleasedMarkGivesTheSameMemoryAgain() {
        try (Arena arena = kernels.device().arena("test")) {
            arena.allocate(DType.F32, 10);
            long mark = arena.mark();
            long before = arena.bytes();
            long first = arena.allocate(DType.F32, 1 << 10).address();
            long second = arena.allocate(DType.F32, 1 << 20).address();
            long third = arena.allocate(DType.F32, 3 << 20).address();
            long live = NativeContext.liveBytes();
            long peak = arena.bytes();
            for (int i = 0; i < 3; i++) {
                arena.release(mark);
                assertThat(arena.bytes()).isEqualTo(before);
                assertThat(arena.allocate(DType.F32, 1 << 10).address()).isEqualTo(first);
                assertThat(arena.allocate(DType.F32, 1 << 20).address()).isEqualTo(second);
                assertThat(arena.allocate(DType.F32, 3 << 20).address()).isEqualTo(third);
            }
            assertThat(NativeContext.liveBytes()).isEqualTo(live);
            assertThat(arena.peakBytes()).isEqualTo(peak).isEqualTo(arena.bytes());
        }
    }

    @Test
    void marksAcrossChunksCountBytesRight() {
        try (Arena arena = kernels.device().arena("test")) {
            assertThat(arena.mark()).isZero();
            arena.allocate(DType.U8, 40_000);
            arena.allocate(DType.U8, 40_000);
            long inSecond = arena.mark();
            long bytes = arena.bytes();
            arena.allocate(DType.U8, 1_000_000);
            arena.release(inSecond);
            assertThat(arena.bytes()).isEqualTo(bytes).isEqualTo(80_000);
            arena.release(0);
            assertThat(arena.bytes()).isZero();
            assertThatThrownBy(() -> arena.release(inSecond))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("already released");
        }
    }

    @Test
    void emptyTensorsTakeNoMemory() {
        try (Arena arena = kernels.device().arena("test")) {
            assertThat(arena.allocate(DType.F32, 0, 7).size()).isZero();
            assertThat(arena.allocate(DType.F32, 1L << 40, 0).size()).isZero();
            assertThat(arena.bytes()).isZero();
        }
    }

    @Test
    void whatIsTooLargeIsRefusedWithAReason() {
        try (Arena arena = kernels.device().arena("test")) {
            assertThatThrownBy(() -> arena.allocate(DType.F32, 1L << 20, 1L << 20))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("2 GiB");
            assertThatThrownBy(() -> arena.allocate(DType.F32, Long.MAX_VALUE, 8))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("2 GiB");
            assertThatThrownBy(() -> arena.allocate(DType.F32, 2, -1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("negative");
        }
    }

    @Test
    void useAfterCloseIsAnException() {
        Arena arena = kernels.device().arena("test");
        Tensor tensor = arena.allocate(DType.F32, 4);
        arena.close();
        arena.close();
        assertThatThrownBy(tensor::address).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> tensor.get(0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> tensor.set(0, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> arena.allocate(DType.F32, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void aBackendDoesNotCloseOverAnOpenArena() {
        NativeKernels other = NativeKernels.cpu(1, "auto");
        Arena arena = other.device().arena("test");
        arena.allocate(DType.F32, 1);
        assertThatThrownBy(other::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("close the arenas");
        arena.close();
        other.close();
        other.close();
        assertThatThrownBy(other::description).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void openingAndClosingLeavesNothingBehind() {
        long live = NativeContext.liveBytes();
        for (int i = 0; i < 20; i++) {
            try (NativeKernels other = NativeKernels.cpu(2, "auto");
                    Arena arena = other.device().arena("test")) {
                arena.allocate(DType.F32, 1 << 20);
                arena.allocate(DType.F32, 1 << 22);
            }
        }
        assertThat(NativeContext.liveBytes()).isEqualTo(live);
    }
}
