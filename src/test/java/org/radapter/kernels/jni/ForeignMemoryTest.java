package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

class ForeignMemoryTest {
    @Test
    void kernelsWriteTheVeryMemory() {
        try (Kernels kernels = Backends.open("cpu");
                FloatPointer theirs = new FloatPointer(6)) {
            for (int i = 0; i < 6; i++) {
                theirs.put(i, i);
            }
            Tensor tensor =
                    ForeignMemory.tensor(theirs.address(), DType.F32, new long[] {2, 3}, new long[] {3, 1}, theirs);
            kernels.add(tensor, tensor, tensor);
            for (int i = 0; i < 6; i++) {
                assertThat(theirs.get(i)).isEqualTo(2f * i);
            }
            theirs.put(4, 100);
            assertThat(tensor.get(4)).isEqualTo(100);
        }
    }

    @Test
    void rowsMayHaveGaps() {
        try (Kernels kernels = Backends.open("cpu");
                FloatPointer theirs = new FloatPointer(20)) {
            for (int i = 0; i < 20; i++) {
                theirs.put(i, -1);
            }
            Tensor rows = ForeignMemory.tensor(
                    theirs.address() + 4, DType.F32, new long[] {2, 2, 3}, new long[] {10, 5, 1}, theirs);
            assertThat(rows.leadingDimension()).isEqualTo(5);
            kernels.fill(rows, 7);
            for (int i = 0; i < 20; i++) {
                assertThat(theirs.get(i)).as("element %d", i).isEqualTo(i % 5 >= 1 && i % 5 <= 3 ? 7f : -1f);
            }
        }
    }

    @Test
    void directBuffersAreTakenFromTheirPosition() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(64).order(ByteOrder.nativeOrder());
        FloatBuffer floats = buffer.asFloatBuffer();
        buffer.position(8);
        Tensor tensor = ForeignMemory.tensor(buffer, DType.F32, 3);
        tensor.copyFrom(1f, 2f, 3f);
        assertThat(floats.get(2)).isEqualTo(1);
        assertThat(floats.get(4)).isEqualTo(3);
        assertThat(floats.get(5)).isZero();
    }

    @Test
    void twoViewsOnOneMemoryAreKnownToOverlap() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(64);
        Tensor first = ForeignMemory.tensor(buffer, DType.F32, 8);
        Tensor second = ForeignMemory.tensor(buffer, DType.F32, 8);
        assertThat(first.isSameMemory(second)).isTrue();
        assertThat(first.overlaps(second)).isTrue();
        buffer.position(16);
        Tensor shifted = ForeignMemory.tensor(buffer, DType.F32, 4, 2);
        assertThat(first.overlaps(shifted)).isTrue();
        buffer.position(32);
        assertThat(first.overlaps(ForeignMemory.tensor(buffer, DType.F32, 8))).isFalse();
        try (Kernels kernels = Backends.open("cpu")) {
            Tensor gain = ForeignMemory.tensor(ByteBuffer.allocateDirect(8), DType.F32, 2);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> kernels.layerNorm(shifted, gain, gain, 1e-5, first.reshape(4, 2), null, null))
                    .withMessageContaining("overlap");
        }
    }

    @Test
    void emptyTensorsNeedNoMemory() {
        Tensor empty = ForeignMemory.tensor(0, DType.F32, new long[] {0, 4}, new long[] {4, 1}, this);
        assertThat(empty.size()).isZero();
        try (Kernels kernels = Backends.open("cpu")) {
            kernels.fill(empty, 1);
        }
    }

    @Test
    void anotherLayoutIsRefused() {
        try (FloatPointer theirs = new FloatPointer(64)) {
            long address = theirs.address();
            for (long[][] each : new long[][][] {
                {{3, 4}, {1, 3}}, {{3, 4}, {0, 1}}, {{3, 4}, {4, 2}}, {{3, 4}, {3, 1}}, {{2, 2, 3}, {20, 5, 1}}
            }) {
                assertThatIllegalArgumentException()
                        .as(Arrays.deepToString(each))
                        .isThrownBy(() -> ForeignMemory.tensor(address, DType.F32, each[0], each[1], theirs))
                        .withMessageContaining("contiguous");
            }
            assertThat(ForeignMemory.tensor(address, DType.F32, new long[] {1, 4}, new long[] {77, 1}, theirs)
                            .isContiguous())
                    .isTrue();
        }
    }

    @Test
    void whatNoKernelMayTouchIsRefused() {
        ByteBuffer direct = ByteBuffer.allocateDirect(16);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForeignMemory.tensor(ByteBuffer.allocate(16), DType.F32, 4))
                .withMessageContaining("heap");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForeignMemory.tensor(direct.asReadOnlyBuffer(), DType.F32, 4))
                .withMessageContaining("read-only");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForeignMemory.tensor(direct, DType.F32, 5))
                .withMessageContaining("20 bytes");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForeignMemory.tensor(0, DType.F32, new long[] {4}, new long[] {1}, this))
                .withMessageContaining("null");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForeignMemory.tensor(direct.position(2), DType.F32, 2))
                .withMessageContaining("multiple of 4");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForeignMemory.tensor(64, DType.F32, new long[] {1L << 30}, new long[] {1}, this))
                .withMessageContaining("2 GiB");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ForeignMemory.tensor(64, DType.F32, new long[] {4}, new long[] {1, 1}, this))
                .withMessageContaining("strides");
    }
}
