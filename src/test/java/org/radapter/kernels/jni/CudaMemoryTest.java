package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.radapter.kernels.Backends;
import org.radapter.kernels.CudaTest;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Memory of the GPU, and the host's copies from and to it. */
@CudaTest
class CudaMemoryTest {
    private Kernels kernels;
    private Arena arena;
    private long bytesBefore;

    @BeforeEach
    void open() {
        bytesBefore = NativeContext.liveBytes();
        kernels = Backends.open("cuda:0");
        arena = kernels.device().arena("test");
    }

    @AfterEach
    void close() {
        arena.close();
        kernels.close();
        assertThat(NativeContext.liveBytes()).isEqualTo(bytesBefore);
    }

    @Test
    void theDeviceIsNamed() {
        assertThat(kernels.device().name()).isEqualTo("cuda:0");
        assertThat(kernels.device().isHost()).isFalse();
        assertThat(kernels.description()).startsWith("cuda:0, ").contains("compute capability");
    }

    @Test
    void aGpuThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> Backends.open("cuda:99"))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("cuda:99");
    }

    /** Several times what a copy takes at once, and no multiple of it. */
    @Test
    void largeTensorsGoThereAndBack() {
        int[] values = new int[(11 << 20) / Integer.BYTES + 3];
        Arrays.setAll(values, i -> i * 7919);
        Tensor tensor = arena.allocate(DType.I32, values.length).copyFrom(values);
        double[] back = tensor.toDoubles();
        for (int i = 0; i < values.length; i += 997) {
            assertThat(back[i]).isEqualTo(values[i]);
        }
        assertThat(back[values.length - 1]).isEqualTo(values[values.length - 1]);
        Tensor copy = arena.allocate(DType.I32, values.length).copyFrom(tensor);
        assertThat(copy.toDoubles()).isEqualTo(back);
    }

    @Test
    void everyTypeAndViewIsReadAsItWasWritten() {
        for (DType dtype : DType.values()) {
            double[] values = {1, 2, 3, 4, 5, 6};
            Tensor whole = arena.allocate(dtype, 4, 5).copyFrom(new double[20]);
            Tensor view = whole.rows(1, 3).columns(1, 4).copyFrom(values);
            assertThat(view.toDoubles()).isEqualTo(values);
            assertThat(view.toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(view.get(4)).isEqualTo(5);
            view.set(4, 9);
            assertThat(whole.toDoubles())
                    .containsExactly(0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 9, 6, 0, 0, 0, 0, 0, 0);
        }
    }

    @Test
    void theHostSeesADeviceOnlyThroughCopies() {
        Tensor tensor = arena.allocate(DType.F32, 3);
        assertThat(tensor.isHost()).isFalse();
        assertThatThrownBy(tensor::bytes)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("device memory");
        assertThatThrownBy(() -> kernels.fill(Tensor.onHost(DType.F32, 3), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("host");
    }

    /** Copies and work are in order, although both are only asked for. */
    @Test
    void copiesComeInOrderWithWork() {
        Tensor x = arena.allocate(DType.F32, 1000);
        Tensor sum = arena.allocate(DType.F32, 1000);
        kernels.fill(sum, 0);
        float[] values = new float[1000];
        for (int i = 1; i <= 20; i++) {
            Arrays.fill(values, i);
            x.copyFrom(values);
            kernels.add(sum, x, sum);
        }
        assertThat(sum.toFloats()).containsOnly(210);
    }

    @Test
    void memoryThatIsRefusedIsAnErrorAndTheProcessGoesOn() {
        long most = Integer.MAX_VALUE / 4096 * 1024L;
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 1000; i++) {
                        arena.allocate(DType.F32, most);
                    }
                })
                .isInstanceOf(OutOfMemoryError.class)
                .hasMessageContaining("the arena 'test'")
                .hasMessageContaining(most * 4 + " bytes were refused")
                .hasMessageFindingMatch("[0-9]+ of the device's [0-9]+ bytes are free");
        try (Arena other = kernels.device().arena("other")) {
            Tensor x = other.allocate(DType.F32, 100);
            kernels.fill(x, 2);
            assertThat(x.toFloats()).containsOnly(2);
        }
    }
}
