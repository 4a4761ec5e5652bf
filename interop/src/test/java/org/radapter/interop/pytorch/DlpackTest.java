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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.jni.DlpackExport;
import org.radapter.kernels.jni.DlpackImport;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;

/** Structures that PyTorch writes and reads itself. */
class DlpackTest {
    private static final NativeLibrary TORCH = torchLibrary();

    private static NativeLibrary torchLibrary() {
        File binding = new File(Loader.load(torch.class));
        return NativeLibrary.getInstance(new File(binding.getParentFile(), "libtorch_cpu.so").getAbsolutePath());
    }

    /** PyTorch's functions that write and read one of DLPack's structures. */
    enum Structure {
        /** {@code DLManagedTensor* at::toDLPack(const at::Tensor&)} and its counterpart. */
        MANAGED_TENSOR("_ZN2at8toDLPackERKNS_6TensorE", "_ZN2at10fromDLPackEP15DLManagedTensorSt8functionIFvPvEE"),
        /** {@code DLManagedTensorVersioned* at::toDLPackVersioned(const at::Tensor&)} and its counterpart. */
        MANAGED_TENSOR_VERSIONED(
                "_ZN2at17toDLPackVersionedERKNS_6TensorE",
                "_ZN2at19fromDLPackVersionedEP24DLManagedTensorVersionedSt8functionIFvPvEE");

        private final String to;
        private final String from;

        Structure(String to, String from) {
            this.to = to;
            this.from = from;
        }

        long lend(Tensor tensor) {
            return com.sun.jna.Pointer.nativeValue(
                    TORCH.getFunction(to).invokePointer(new Object[] {new com.sun.jna.Pointer(tensor.address())}));
        }

        DlpackImport ours(long address) {
            return this == MANAGED_TENSOR ? DlpackImport.of(address) : DlpackImport.ofVersioned(address);
        }

        DlpackExport export(org.radapter.tensor.Tensor tensor) {
            return this == MANAGED_TENSOR ? DlpackExport.of(tensor) : DlpackExport.versioned(tensor);
        }

        /** {@code at::Tensor at::fromDLPack…(structure*, std::function<void(void*)>)}, with no function. */
        Tensor borrow(long address) {
            Memory result = new Memory(Native.POINTER_SIZE);
            Memory noFunction = new Memory(64);
            noFunction.clear();
            TORCH.getFunction(from).invokePointer(new Object[] {result, new com.sun.jna.Pointer(address), noFunction});
            try (Place place = new Place(com.sun.jna.Pointer.nativeValue(result))) {
                Tensor returned = new Tensor(place);
                Tensor tensor = new Tensor(returned);
                returned.reset();
                return tensor;
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Structure.class)
    void whatPyTorchLendsIsItsMemory(Structure structure) {
        try (Kernels kernels = Backends.open("cpu")) {
            Tensor whole = torch.arange(new Scalar(24)).toType(ScalarType.Float).reshape(4, 6);
            Tensor slice = whole.narrow(1, 2, 3);
            long references = slice.use_count();
            try (DlpackImport borrowed = structure.ours(structure.lend(slice))) {
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

    @ParameterizedTest
    @EnumSource(Structure.class)
    void whatPyTorchBorrowsIsOurs(Structure structure) {
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test")) {
            var ours = arena.allocate(DType.BF16, 3, 5).copyFrom(new float[15]).columns(1, 3);
            try (DlpackExport export = structure.export(ours)) {
                Tensor theirs = structure.borrow(export.lend());
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

    @ParameterizedTest
    @EnumSource(Structure.class)
    void aRefusedLoanIsStillTheLendersToEnd(Structure structure) {
        Tensor matrix = torch.ones(new long[] {3, 4}).t();
        long references = matrix.use_count();
        long transposed = structure.lend(matrix);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> structure.ours(transposed))
                .withMessageContaining("contiguous");
        assertThat(matrix.use_count()).isEqualTo(references + 1);
        structure.borrow(transposed).close();
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
