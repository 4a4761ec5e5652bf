package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

class DlpackTest {
    private Kernels kernels;
    private Arena arena;

    @BeforeEach
    void open() {
        kernels = Backends.open("cpu");
        arena = kernels.device().arena("test");
    }

    @AfterEach
    void close() {
        arena.close();
        kernels.close();
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void whatIsLentAndBorrowedIsOneMemory(DType dtype) {
        Tensor ours = arena.allocate(dtype, 2, 3, 4).copyFrom(new double[24]);
        try (DlpackExport export = DlpackExport.of(ours);
                DlpackImport borrowed = DlpackImport.of(export.lend())) {
            Tensor theirs = borrowed.tensor();
            assertThat(theirs.shape()).containsExactly(2, 3, 4);
            assertThat(theirs.dtype()).isEqualTo(dtype);
            assertThat(theirs.isSameMemory(ours)).isTrue();
            theirs.set(7, 5);
            assertThat(ours.get(7)).isEqualTo(5);
        }
    }

    @Test
    void rowsApartAndSinglesKeepTheirPlaces() {
        Tensor whole = arena.allocate(DType.F32, 4, 6).copyFrom(new double[24]);
        try (DlpackExport export = DlpackExport.of(whole.columns(2, 5));
                DlpackImport borrowed = DlpackImport.of(export.lend())) {
            assertThat(borrowed.tensor().leadingDimension()).isEqualTo(6);
            kernels.fill(borrowed.tensor(), 1);
        }
        for (int i = 0; i < 24; i++) {
            assertThat(whole.get(i)).isEqualTo(i % 6 >= 2 && i % 6 < 5 ? 1 : 0);
        }
        Tensor single = arena.allocate(DType.F32).copyFrom(3.);
        try (DlpackExport export = DlpackExport.of(single);
                DlpackImport borrowed = DlpackImport.of(export.lend())) {
            assertThat(borrowed.tensor().rank()).isZero();
            assertThat(borrowed.tensor().get(0)).isEqualTo(3);
        }
    }

    @Test
    void theDeleterIsCalledExactlyOnce() {
        DlpackExport export = DlpackExport.of(arena.allocate(DType.F32, 3));
        DlpackImport borrowed = DlpackImport.of(export.lend());
        assertThat(export.isReturned()).isFalse();
        assertThat(export.returns()).isZero();
        assertThatIllegalStateException().isThrownBy(export::close).withMessageContaining("borrower");
        borrowed.close();
        borrowed.close();
        assertThat(export.returns()).isOne();
        assertThat(export.isReturned()).isTrue();
        assertThatIllegalStateException().isThrownBy(() -> borrowed.tensor().get(0));
        export.close();
        export.close();
        assertThatIllegalStateException().isThrownBy(export::lend).withMessageContaining("closed");
    }

    @Test
    void oneExportHasOneBorrower() {
        try (DlpackExport export = DlpackExport.of(arena.allocate(DType.F32, 3));
                DlpackImport borrowed = DlpackImport.of(export.lend())) {
            assertThatIllegalStateException().isThrownBy(export::lend).withMessageContaining("each borrower");
            assertThat(borrowed.tensor().size()).isEqualTo(3);
        }
        DlpackExport.of(arena.allocate(DType.F32, 3)).close();
    }

    @Test
    void aByteOffsetIsHeededAndNoStridesMeanDense() {
        Tensor ours = arena.allocate(DType.F32, 8).copyFrom(0, 1, 2, 3, 4, 5, 6, 7);
        try (Structure structure = new Structure(ours.address(), 2, 3)) {
            structure.fields.putLong(DlpackLayout.BYTE_OFFSET, 8);
            try (DlpackImport borrowed = DlpackImport.of(structure.address())) {
                assertThat(borrowed.tensor().toFloats()).containsExactly(2, 3, 4, 5, 6, 7);
            }
        }
    }

    @Test
    void whatCannotBeBorrowedIsRefusedAndStaysTheLenders() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DlpackImport.of(0))
                .withMessageContaining("null");
        refused(DlpackLayout.DEVICE_TYPE, 2, "copy it to the CPU");
        refused(DlpackLayout.RANK, -1, "extents");
        refused(DlpackLayout.RANK, 1 << 20, "extents");
        // code, bits, lanes of one word
        refused(DlpackLayout.TYPE_CODE, 2 | 32 << 8 | 4 << 16, "float32 of 4 lanes");
        refused(DlpackLayout.TYPE_CODE, 5 | 64 << 8 | 1 << 16, "complex64");
        refused(DlpackLayout.TYPE_CODE, 6 | 8 << 8 | 1 << 16, "bool8");
        refused(DlpackLayout.TYPE_CODE, 0 | 16 << 8 | 1 << 16, "int16");
        refused(DlpackLayout.TYPE_CODE, 10 | 8 << 8 | 1 << 16, "code 10");
        refused(DlpackLayout.BYTE_OFFSET, 2, "multiple of 4");
        try (Structure structure = new Structure(0, 2, 3)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DlpackImport.of(structure.address()))
                    .withMessageContaining("null");
        }
        Tensor ours = arena.allocate(DType.F32, 6);
        try (Structure structure = new Structure(ours.address(), 2, 3)) {
            structure.fields.putLong(DlpackLayout.STRIDES, structure.list(1, 2));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DlpackImport.of(structure.address()))
                    .withMessageContaining("contiguous");
            structure.fields.putLong(DlpackLayout.SHAPE, 0);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DlpackImport.of(structure.address()))
                    .withMessageContaining("without a shape");
        }
        assertThatIllegalStateException().isThrownBy(() -> DlpackExport.of(Tensor.onHost(DType.F32, 3)));
    }

    private void refused(int field, int value, String message) {
        Tensor ours = arena.allocate(DType.F32, 6);
        try (Structure structure = new Structure(ours.address(), 2, 3)) {
            structure.fields.putInt(field, value);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DlpackImport.of(structure.address()))
                    .withMessageContaining(message);
            assertThat(structure.fields.getInt(DlpackLayout.BYTES))
                    .as("deleted")
                    .isZero();
        }
    }

    /** A DLManagedTensor of floats as a C program would write it, whose deleter counts into the word after it. */
    private static final class Structure implements AutoCloseable {
        private final BytePointer memory = new BytePointer(128);
        final ByteBuffer fields = DlpackLayout.at(memory.address(), 128);

        Structure(long data, long rows, long columns) {
            for (int i = 0; i < 128; i++) {
                fields.put(i, (byte) 0);
            }
            fields.putLong(0, data);
            fields.putInt(8, 1);
            fields.putInt(16, 2);
            fields.put(20, (byte) 2);
            fields.put(21, (byte) 32);
            fields.putShort(22, (short) 1);
            fields.putLong(72, rows);
            fields.putLong(80, columns);
            fields.putLong(24, memory.address() + 72);
            fields.putLong(48, memory.address() + 64);
            fields.putLong(56, org.radapter.kernels.jni.abi.Abi.radapter_dlpack_deleter());
        }

        long address() {
            return memory.address();
        }

        long list(long first, long second) {
            fields.putLong(88, first);
            fields.putLong(96, second);
            return memory.address() + 88;
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
