package org.radapter.interop.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.passthrough.PassthroughNDManager;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.radapter.interop.LentForReading;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** With DJL's engine of PyTorch, and with the arrays that are buffers and no more. */
class DjlTensorsTest {
    private static NDManager manager;

    @BeforeAll
    static void openEngine() {
        manager = NDManager.newBaseManager("PyTorch");
    }

    @AfterAll
    static void closeEngine() {
        manager.close();
    }

    @Test
    void whatWasLentForReadingAloneIsNotShown() {
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test");
                LentForReading lent = new LentForReading(arena.allocate(DType.F32, 2, 3))) {
            assertThat(lent.tensor().isReadOnly()).isTrue();
            assertThatThrownBy(() -> DjlTensors.of(manager, lent.tensor()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("for reading alone");
        }
    }

    @Test
    void bothSidesSeeOneMemory() {
        try (Kernels kernels = Backends.open("cpu");
                NDArray theirs =
                        manager.arange(12).toType(DataType.FLOAT32, false).reshape(3, 4)) {
            Tensor ours = DjlTensors.view(theirs);
            assertThat(ours.shape()).containsExactly(3, 4);
            kernels.add(ours, ours, ours);
            assertThat(theirs.getFloat(2, 1)).isEqualTo(18f);
            theirs.muli(-1);
            assertThat(ours.get(11)).isEqualTo(-22);
        }
    }

    @Test
    void ourMemoryIsAnArrayOfTheirs() {
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test")) {
            Tensor ours = arena.allocate(DType.F32, 3, 5).copyFrom(new float[15]);
            try (NDArray theirs = DjlTensors.of(manager, ours)) {
                theirs.addi(2);
                assertThat(ours.toFloats()).containsOnly(2f);
                ours.set(4, 7);
                assertThat(theirs.getFloat(0, 4)).isEqualTo(7f);
            }
        }
    }

    @Test
    void whatCannotBeSharedIsRefused() {
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test");
                NDArray matrix = manager.ones(new Shape(3, 4))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DjlTensors.view(matrix.transpose()))
                    .withMessageContaining("flatten()");
            assertThat(DjlTensors.view(matrix.transpose().flatten().reshape(4, 3))
                            .shape())
                    .containsExactly(4, 3);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DjlTensors.view(matrix.toType(DataType.BOOLEAN, false)))
                    .withMessageContaining("boolean");
            Tensor columns = arena.allocate(DType.F32, 3, 5).columns(1, 3);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DjlTensors.of(manager, columns))
                    .withMessageContaining("gaps");
        }
    }

    @Test
    void arraysThatAreBuffersAreSharedToo() {
        NDManager buffers = PassthroughNDManager.INSTANCE;
        try (Kernels kernels = Backends.open("cpu")) {
            ByteBuffer memory = buffers.allocateDirect(24);
            Tensor ours = DjlTensors.view(buffers.create(memory, new Shape(2, 3), DataType.FLOAT32));
            kernels.fill(ours, 3);
            assertThat(memory.getFloat(20)).isEqualTo(3f);
            NDArray onHeap =
                    buffers.create(ByteBuffer.allocate(24).order(memory.order()), new Shape(2, 3), DataType.FLOAT32);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DjlTensors.view(onHeap))
                    .withMessageContaining("heap");
            assertThatExceptionOfType(UnsupportedOperationException.class)
                    .isThrownBy(() -> DjlTensors.view(buffers.create(new String[] {"a"})));
        }
    }
}
