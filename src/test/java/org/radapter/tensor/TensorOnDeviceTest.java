package org.radapter.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tensors whose memory the host reaches by copies alone, on a device of bytes. */
class TensorOnDeviceTest {
    private static final long BASE = 1L << 40;

    private final ByteBuffer bytes = ByteBuffer.allocate(512).order(ByteOrder.nativeOrder());
    private int copies;

    private final Storage storage = Storage.device(on(bytes), BASE, 512);

    private DeviceMemory on(ByteBuffer content) {
        return new DeviceMemory() {
            @Override
            public void read(long address, ByteBuffer to) {
                int count = to.remaining();
                to.put(content.slice((int) (address - BASE), count));
                copies++;
            }

            @Override
            public void write(ByteBuffer from, long address) {
                content.put((int) (address - BASE), from, from.position(), from.remaining());
                copies++;
            }
        };
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void elementsAreCopiedThereAndBack(DType dtype) {
        Tensor tensor = new Tensor(storage, 64, dtype, 2, 3).copyFrom(1, 2, 3, 4, 5, 6);
        assertThat(copies).isEqualTo(1);
        assertThat(tensor.toDoubles()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(tensor.toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(copies).isEqualTo(3);
        assertThat(tensor.get(3)).isEqualTo(4);
        tensor.set(3, 9);
        assertThat(tensor.toHost().toDoubles()).containsExactly(1, 2, 3, 9, 5, 6);
        assertThat(bytes.get(63)).isZero();
        assertThat(bytes.get(64 + 6 * dtype.bytes())).isZero();
    }

    @Test
    void aViewWithGapsLeavesWhatIsBetweenItsRows() {
        Tensor whole = new Tensor(storage, 0, DType.F32, 3, 4).copyFrom(new float[12]);
        Tensor view = whole.rows(1, 3).columns(1, 3);
        assertThat(view.copyFrom(new int[] {1, 2, 3, 4}).toDoubles()).containsExactly(1, 2, 3, 4);
        assertThat(whole.toDoubles()).containsExactly(0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0);
        Tensor other = Tensor.onHost(DType.F32, 2, 2).copyFrom(view);
        assertThat(other.toDoubles()).containsExactly(1, 2, 3, 4);
        view.copyFrom(Tensor.onHost(DType.F32, 2, 2).copyFrom(5, 6, 7, 8));
        assertThat(whole.toDoubles()).containsExactly(0, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8, 0);
    }

    @Test
    void floatsAreTakenFromAnyPlaceOn() {
        float[] values = {1, 2, 3, 4, 5, 6, 7};
        for (Tensor tensor : List.of(new Tensor(storage, 8, DType.BF16, 2, 2), Tensor.onHost(DType.F16, 2, 2))) {
            assertThat(tensor.copyFrom(values, 3).toDoubles()).containsExactly(4, 5, 6, 7);
            assertThatThrownBy(() -> tensor.copyFrom(values, 4)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> tensor.copyFrom(values, -1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThat(tensor.toDoubles()).containsExactly(4, 5, 6, 7);
        }
        Tensor withGaps = new Tensor(storage, 0, DType.F32, 2, 4).columns(1, 3);
        assertThat(withGaps.copyFrom(values, 1).toDoubles()).containsExactly(2, 3, 4, 5);
    }

    @Test
    void manyFloatsAreCopiedInPieces() {
        float[] values = new float[(1 << 19) + 5];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        ByteBuffer large = ByteBuffer.allocate(4 * values.length).order(ByteOrder.nativeOrder());
        Tensor tensor = new Tensor(Storage.device(on(large), BASE, large.capacity()), 0, DType.F32, values.length - 1);
        assertThat(tensor.copyFrom(values, 1).toFloats()).isEqualTo(Arrays.copyOfRange(values, 1, values.length));
        assertThat(copies).isEqualTo(4);
    }

    @Test
    void emptyTensorsAndScalarsAreCopiedToo() {
        assertThat(new Tensor(storage, 0, DType.F32, 0, 4)
                        .copyFrom(new double[0])
                        .toDoubles())
                .isEmpty();
        assertThat(new Tensor(storage, 8, DType.F64).copyFrom(.5).toDoubles()).containsExactly(.5);
    }

    @Test
    void whatCannotBeIsRefused() {
        Tensor tensor = new Tensor(storage, 0, DType.F32, 4);
        assertThat(tensor.isHost()).isFalse();
        assertThat(tensor.address()).isEqualTo(BASE);
        assertThatThrownBy(tensor::bytes)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("device memory");
        assertThatThrownBy(() -> tensor.copyFrom(Tensor.onHost(DType.F32, 2, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("F32[4]");
        assertThatThrownBy(() -> tensor.copyFrom(Tensor.onHost(DType.BF16, 4)))
                .isInstanceOf(IllegalArgumentException.class);
        storage.invalidate();
        assertThatThrownBy(tensor::toDoubles)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}
