package org.radapter.interop.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.radapter.interop.LentForReading;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

class Nd4jTensorsTest {
    @Test
    void whatWasLentForReadingAloneIsNotShown() {
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test");
                LentForReading lent = new LentForReading(arena.allocate(DType.F32, 2, 3))) {
            assertThat(lent.tensor().isReadOnly()).isTrue();
            assertThatThrownBy(() -> Nd4jTensors.of(lent.tensor()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("for reading alone");
        }
    }

    @Test
    void bothSidesSeeOneMemory() {
        try (Kernels kernels = Backends.open("cpu")) {
            INDArray theirs = Nd4j.arange(12).castTo(DataType.FLOAT).reshape('c', 3, 4);
            Tensor ours = Nd4jTensors.view(theirs);
            assertThat(ours.address()).isEqualTo(theirs.data().pointer().address());
            kernels.add(ours, ours, ours);
            assertThat(theirs.getFloat(2, 1)).isEqualTo(18f);
            theirs.muli(-1);
            assertThat(ours.get(11)).isEqualTo(-22);
        }
    }

    @Test
    void rowsOfASliceKeepTheirDistance() {
        try (Kernels kernels = Backends.open("cpu")) {
            INDArray whole = Nd4j.zeros(DataType.FLOAT, 4, 6);
            Tensor ours = Nd4jTensors.view(whole.get(NDArrayIndex.interval(1, 3), NDArrayIndex.interval(2, 5)));
            assertThat(ours.leadingDimension()).isEqualTo(6);
            kernels.fill(ours, 1);
            assertThat(whole.sumNumber().intValue()).isEqualTo(6);
            assertThat(whole.getFloat(1, 2)).isEqualTo(1f);
            assertThat(whole.getFloat(2, 4)).isEqualTo(1f);
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void ourMemoryIsAnArrayOfTheirs(DType dtype) {
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test")) {
            Tensor whole = arena.allocate(dtype, 3, 5).copyFrom(new double[15]);
            INDArray theirs = Nd4jTensors.of(whole.columns(1, 3));
            theirs.assign(2);
            assertThat(whole.toFloats()).containsExactly(0, 2, 2, 0, 0, 0, 2, 2, 0, 0, 0, 2, 2, 0, 0);
            assertThat(Nd4jTensors.view(theirs).isSameMemory(whole.columns(1, 3)))
                    .isTrue();
        }
    }

    /** Their collector frees what they allocated, not this. */
    @Test
    void whatTheyForgetIsStillOurs() throws InterruptedException {
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test")) {
            Tensor ours = arena.allocate(DType.F32, 1 << 16).copyFrom(new float[1 << 16]);
            for (int i = 0; i < 50; i++) {
                Nd4jTensors.of(ours).addi(1);
            }
            System.gc();
            Thread.sleep(200);
            Nd4j.ones(DataType.FLOAT, 1 << 16);
            assertThat(ours.toFloats()).containsOnly(50f);
        }
    }

    @Test
    void whatCannotBeSharedIsRefused() {
        INDArray matrix = Nd4j.ones(DataType.FLOAT, 3, 4);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Nd4jTensors.view(matrix.transpose()))
                .withMessageContaining("dup('c')");
        assertThat(Nd4jTensors.view(matrix.transpose().dup('c')).shape()).containsExactly(4, 3);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Nd4jTensors.view(Nd4j.create(DataType.BOOL, 3)))
                .withMessageContaining("BOOL");
        INDArray closed = Nd4j.ones(DataType.FLOAT, 3);
        closed.close();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Nd4jTensors.view(closed))
                .withMessageContaining("closed");
        assertThatIllegalStateException().isThrownBy(() -> Nd4jTensors.of(Tensor.onHost(DType.F32, 3)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Nd4jTensors.of(Tensor.onHost(DType.F32, 0, 3)))
                .withMessageContaining("empty");
    }
}
