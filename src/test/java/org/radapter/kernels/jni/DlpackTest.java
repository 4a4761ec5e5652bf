package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.Segment;
import org.radapter.kernels.jni.abi.Abi;
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
        refused(DlpackLayout.DEVICE_TYPE, DlpackLayout.CUDA, "copy it to the CPU");
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
            assertThat(structure.fields.getInt(structure.releases()))
                    .as("deleted")
                    .isZero();
        }
    }

    @Test
    void aVersionedLoanIsOneMemoryToo() {
        Tensor ours = arena.allocate(DType.BF16, 3, 5).copyFrom(new double[15]).columns(1, 3);
        try (DlpackExport export = DlpackExport.versioned(ours)) {
            try (DlpackImport borrowed = DlpackImport.ofVersioned(export.lend())) {
                assertThat(borrowed.tensor().isSameMemory(ours)).isTrue();
                assertThat(borrowed.tensor().isReadOnly()).isFalse();
                kernels.fill(borrowed.tensor(), 3);
                assertThat(ours.toFloats()).containsOnly(3);
                assertThat(export.isReturned()).isFalse();
            }
            assertThat(export.returns()).isOne();
        }
    }

    @Test
    void whatIsLentForReadingIsReadAndNeverWritten() {
        Tensor ours = arena.allocate(DType.F32, 2, 3).copyFrom(1, 2, 3, 4, 5, 6);
        try (Structure structure = Structure.versioned(ours.address(), 2, 3)) {
            structure.fields.putLong(DlpackStructure.FLAGS, DlpackStructure.READ_ONLY);
            try (DlpackImport borrowed = DlpackImport.ofVersioned(structure.address())) {
                Tensor theirs = borrowed.tensor();
                assertThat(theirs.isReadOnly()).isTrue();
                assertThat(theirs.columns(1, 2).isReadOnly()).isTrue();
                Tensor sum = arena.allocate(DType.F32, 2, 3);
                kernels.add(theirs, ours, sum);
                assertThat(sum.toFloats()).containsExactly(2, 4, 6, 8, 10, 12);
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> kernels.add(ours, ours, theirs))
                        .withMessageContaining("add: c would be written, and was lent for reading alone");
                assertThatIllegalArgumentException().isThrownBy(() -> kernels.fill(theirs.rows(0, 1), 1));
                List<Segment> segments = List.of(new Segment(theirs, sum, sum, sum, null, 0));
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> kernels.segments(segments))
                        .withMessageContaining("parameter 0 would be written");
                for (ThrowingCallable write : List.<ThrowingCallable>of(
                        () -> theirs.set(0, 1),
                        () -> theirs.copyFrom(new float[6]),
                        () -> theirs.copyFrom(new double[6]),
                        () -> theirs.copyFrom(new int[6]),
                        () -> theirs.copyFrom(ours))) {
                    assertThatIllegalStateException().isThrownBy(write).withMessageContaining("for reading alone");
                }
                assertThat(theirs.bytes().isReadOnly()).isTrue();
                assertThat(theirs.toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
                lentOnForReadingAlone(theirs);
            }
            assertThat(structure.fields.getInt(structure.releases())).isOne();
        }
    }

    private static void lentOnForReadingAlone(Tensor readOnly) {
        assertThatIllegalStateException()
                .isThrownBy(() -> DlpackExport.of(readOnly))
                .withMessageContaining("DlpackExport.versioned");
        try (DlpackExport export = DlpackExport.versioned(readOnly);
                DlpackImport borrowed = DlpackImport.ofVersioned(export.lend())) {
            assertThat(borrowed.tensor().isReadOnly()).isTrue();
            assertThat(borrowed.tensor().isSameMemory(readOnly)).isTrue();
        }
    }

    /** The minor version says what may be added to enumerations; the major one, where things lie. */
    @Test
    void anotherMajorVersionIsRefusedUnread() {
        Tensor ours = arena.allocate(DType.F32, 6);
        try (Structure structure = Structure.versioned(ours.address(), 2, 3)) {
            structure.fields.putInt(DlpackStructure.MINOR_VERSION, 7);
            DlpackImport.ofVersioned(structure.address()).close();
            assertThat(structure.fields.getInt(structure.releases())).isOne();
            for (int major : new int[] {0, 2, -1}) {
                structure.fields.putInt(DlpackStructure.MAJOR_VERSION, major);
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> DlpackImport.ofVersioned(structure.address()))
                        .withMessageContaining("of DLPack " + Integer.toUnsignedString(major) + ".7")
                        .withMessageContaining("ask its lender for version 1");
            }
            assertThat(structure.fields.getInt(structure.releases())).isOne();
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DlpackImport.ofVersioned(0))
                .withMessageContaining("DLManagedTensorVersioned is null");
    }

    /** What names the device of the CPU's kernels is what names none. */
    @Test
    void theHostsDeviceTakesAndGivesTheHostsMemory() {
        Tensor ours = arena.allocate(DType.F32, 3).copyFrom(new double[3]);
        try (DlpackExport export = DlpackExport.versioned(kernels.device(), ours);
                DlpackImport borrowed = DlpackImport.ofVersioned(kernels.device(), export.lend())) {
            assertThat(borrowed.tensor().isSameMemory(ours)).isTrue();
        }
        try (DlpackExport export = DlpackExport.of(kernels.device(), ours);
                DlpackImport borrowed = DlpackImport.of(kernels.device(), export.lend())) {
            assertThat(borrowed.tensor().isSameMemory(ours)).isTrue();
        }
    }

    /** A structure of floats as a C program would write it, whose deleter counts into the word after it. */
    private static final class Structure implements AutoCloseable {
        private static final int ROOM = 160;
        private static final int LISTS = 112;

        private final DlpackStructure kind;
        private int lists;
        private final BytePointer memory = new BytePointer(ROOM);
        final ByteBuffer fields = DlpackLayout.at(memory.address(), ROOM);

        Structure(long data, long rows, long columns) {
            this(DlpackStructure.MANAGED_TENSOR, Abi.radapter_dlpack_deleter(), data, rows, columns);
        }

        static Structure versioned(long data, long rows, long columns) {
            Structure structure = new Structure(
                    DlpackStructure.MANAGED_TENSOR_VERSIONED,
                    Abi.radapter_dlpack_versioned_deleter(),
                    data,
                    rows,
                    columns);
            structure.fields.putInt(0, 1);
            return structure;
        }

        private Structure(DlpackStructure kind, long deleter, long data, long rows, long columns) {
            this.kind = kind;
            for (int i = 0; i < ROOM; i++) {
                fields.put(i, (byte) 0);
            }
            ByteBuffer tensor = kind.tensor(fields);
            tensor.putLong(0, data);
            tensor.putInt(8, 1);
            tensor.putInt(16, 2);
            tensor.put(20, (byte) 2);
            tensor.put(21, (byte) 32);
            tensor.putShort(22, (short) 1);
            tensor.putLong(24, list(rows, columns));
            fields.putLong(kind.managerContext(), memory.address() + releases());
            fields.putLong(kind.deleter(), deleter);
        }

        /** Where the deleter counts. */
        int releases() {
            return kind.bytes();
        }

        long address() {
            return memory.address();
        }

        /** Where two numbers lie, for a shape or for strides. */
        long list(long first, long second) {
            int at = LISTS + 16 * lists++;
            fields.putLong(at, first);
            fields.putLong(at + 8, second);
            return memory.address() + at;
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
