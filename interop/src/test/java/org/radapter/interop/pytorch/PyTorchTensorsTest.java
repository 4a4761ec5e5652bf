package org.radapter.interop.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.radapter.interop.LentForReading;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

class PyTorchTensorsTest {
    @Test
    void whatWasLentForReadingAloneIsNotShown() {
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test");
                LentForReading lent = new LentForReading(arena.allocate(DType.F32, 2, 3))) {
            assertThat(lent.tensor().isReadOnly()).isTrue();
            assertThatThrownBy(() -> PyTorchTensors.of(lent.tensor()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("for reading alone");
        }
    }

    @Test
    void bothSidesSeeOneMemory() {
        try (Kernels kernels = Backends.open("cpu")) {
            var theirs = torch.arange(new Scalar(12)).toType(ScalarType.Float).reshape(3, 4);
            Tensor ours = PyTorchTensors.view(theirs);
            assertThat(ours.address()).isEqualTo(theirs.data_ptr().address());
            kernels.add(ours, ours, ours);
            assertThat(theirs.select(0, 2).select(0, 1).item_float()).isEqualTo(18f);
            theirs.mul_(new Scalar(-1));
            assertThat(ours.get(11)).isEqualTo(-22);
        }
    }

    @Test
    void rowsOfASliceKeepTheirDistance() {
        try (Kernels kernels = Backends.open("cpu")) {
            var whole = torch.zeros(new long[] {4, 6}).toType(ScalarType.BFloat16);
            Tensor ours = PyTorchTensors.view(whole.narrow(1, 2, 3));
            assertThat(ours.leadingDimension()).isEqualTo(6);
            kernels.fill(ours, 1);
            assertThat(whole.sum().toType(ScalarType.Float).item_float()).isEqualTo(12f);
            assertThat(whole.select(1, 1).sum().toType(ScalarType.Float).item_float())
                    .isZero();
        }
    }

    @Test
    void aViewOutlivesTheScopeOfItsTensor() {
        Tensor ours;
        try (PointerScope scope = new PointerScope()) {
            ours = PyTorchTensors.view(torch.ones(new long[] {1 << 16}));
        }
        for (int i = 0; i < 20; i++) {
            torch.zeros(new long[] {1 << 16}).close();
        }
        assertThat(ours.toFloats()).containsOnly(1f);
    }

    @Test
    void ourMemoryIsATensorOfTheirs() {
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test")) {
            Tensor ours =
                    arena.allocate(DType.F32, 3, 5).copyFrom(new float[15]).columns(1, 3);
            var theirs = PyTorchTensors.of(ours);
            theirs.add_(new Scalar(2));
            assertThat(ours.toFloats()).containsOnly(2f);
            assertThat(theirs.stride(0)).isEqualTo(5);
        }
    }

    @Test
    void whatCannotBeSharedIsRefused() {
        var matrix = torch.ones(new long[] {3, 4});
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PyTorchTensors.view(matrix.t()))
                .withMessageContaining("contiguous");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PyTorchTensors.view(matrix.toType(ScalarType.ComplexFloat)))
                .withMessageContaining("ComplexFloat");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PyTorchTensors.view(matrix.to_sparse()))
                .withMessageContaining("to_dense");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PyTorchTensors.view(new org.bytedeco.pytorch.Tensor()))
                .withMessageContaining("undefined");
        assertThatThrownBy(() -> PyTorchTensors.of(Tensor.onHost(DType.F32, 3)))
                .isInstanceOf(IllegalStateException.class);
    }
}
