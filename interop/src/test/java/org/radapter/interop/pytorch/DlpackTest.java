package org.radapter.interop.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.io.File;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.jni.DlpackExport;
import org.radapter.kernels.jni.DlpackImport;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;

/** Structures that PyTorch writes and reads itself: {@code at::toDLPack} and {@code at::fromDLPack}. */
class DlpackTest {
    private static final NativeLibrary TORCH = torchLibrary();

    private static NativeLibrary torchLibrary() {
        File binding = new File(Loader.load(torch.class));
        return NativeLibrary.getInstance(new File(binding.getParentFile(), "libtorch_cpu.so").getAbsolutePath());
    }

    /** {@code DLManagedTensor* at::toDLPack(const at::Tensor&)}. */
    private static long lend(Tensor tensor) {
        return com.sun.jna.Pointer.nativeValue(TORCH.getFunction("_ZN2at8toDLPackERKNS_6TensorE")
                .invokePointer(new Object[] {new com.sun.jna.Pointer(tensor.address())}));
    }

    /** {@code at::Tensor at::fromDLPack(DLManagedTensor*, std::function<void(void*)>)}, with no function. */
    private static Tensor borrow(long managedTensor) {
        Memory result = new Memory(Native.POINTER_SIZE);
        Memory noFunction = new Memory(64);
        noFunction.clear();
        TORCH.getFunction("_ZN2at10fromDLPackEP15DLManagedTensorSt8functionIFvPvEE")
                .invokePointer(new Object[] {result, new com.sun.jna.Pointer(managedTensor), noFunction});
        try (Place place = new Place(com.sun.jna.Pointer.nativeValue(result))) {
            Tensor returned = new Tensor(place);
            Tensor tensor = new Tensor(returned);
            returned.reset();
            return tensor;
        }
    }

    @Test
    void whatPyTorchLendsIsItsMemory() {
        try (Kernels kernels = Backends.open("cpu")) {
            Tensor whole = torch.arange(new Scalar(24)).toType(ScalarType.Float).reshape(4, 6);
            Tensor slice = whole.narrow(1, 2, 3);
            long references = slice.use_count();
            try (DlpackImport borrowed = DlpackImport.of(lend(slice))) {
                assertThat(slice.use_count()).isEqualTo(references + 1);
                assertThat(borrowed.tensor().leadingDimension()).isEqualTo(6);
                assertThat(borrowed.tensor().address())
                        .isEqualTo(whole.data_ptr().address() + 2 * Float.BYTES);
                kernels.add(borrowed.tensor(), borrowed.tensor(), borrowed.tensor());
            }
            assertThat(slice.use_count()).as("given back").isEqualTo(references);
            assertThat(whole.select(0, 1).select(0, 3).item_float()).isEqualTo(18f);
            assertThat(whole.select(0, 1).select(0, 1).item_float()).isEqualTo(7f);
        }
    }

    @Test
    void whatPyTorchBorrowsIsOurs() {
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test")) {
            var ours = arena.allocate(DType.BF16, 3, 5).copyFrom(new float[15]).columns(1, 3);
            try (DlpackExport export = DlpackExport.of(ours)) {
                Tensor theirs = borrow(export.lend());
                assertThat(theirs.scalar_type().intern()).isEqualTo(ScalarType.BFloat16);
                assertThat(theirs.stride(0)).isEqualTo(5);
                assertThat(theirs.data_ptr().address()).isEqualTo(ours.address());
                theirs.add_(new Scalar(2));
                assertThat(ours.toFloats()).containsOnly(2f);
                assertThat(export.isReturned()).isFalse();
                theirs.close();
                assertThat(export.isReturned()).isTrue();
            }
        }
    }

    @Test
    void aRefusedLoanIsStillTheLendersToEnd() {
        Tensor matrix = torch.ones(new long[] {3, 4}).t();
        long references = matrix.use_count();
        long transposed = lend(matrix);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DlpackImport.of(transposed))
                .withMessageContaining("contiguous");
        assertThat(matrix.use_count()).isEqualTo(references + 1);
        borrow(transposed).close();
        assertThat(matrix.use_count()).isEqualTo(references);
    }

    /** An address, as JavaCPP takes it. */
    private static final class Place extends org.bytedeco.javacpp.BytePointer {
        Place(long address) {
            super((org.bytedeco.javacpp.Pointer) null);
            this.address = address;
        }
    }
}
