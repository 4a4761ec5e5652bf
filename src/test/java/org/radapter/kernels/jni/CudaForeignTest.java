package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.CudaTest;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.jni.abi.Abi;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Kernels on a GPU's memory, and in a stream, that belong to somebody else. */
@CudaTest
class CudaForeignTest {
    private static final int ROWS = 50;
    private static final int WIDTH = 16;
    private static final int APART = 20;

    private NativeContext owner;
    private long memory;

    @BeforeEach
    void open() {
        owner = NativeContext.cuda(CudaPlugin.require(0), 0, 0);
        memory = owner.allocate((long) ROWS * APART * Float.BYTES);
    }

    @AfterEach
    void close() {
        owner.free(memory, (long) ROWS * APART * Float.BYTES);
        owner.close();
    }

    private float[] ownersView() {
        float[] values = new float[ROWS * APART];
        try (FloatPointer host = new FloatPointer((long) values.length)) {
            Status.check(Abi.radapter_copy_to_host(
                    owner.handle(), owner.stream(), host.address(), memory, (long) values.length * Float.BYTES));
            Status.check(Abi.radapter_stream_synchronize(owner.handle(), owner.stream()));
            host.get(values);
        }
        return values;
    }

    private void ownersValues(float value) {
        try (FloatPointer host = new FloatPointer((long) ROWS * APART)) {
            for (int i = 0; i < ROWS * APART; i++) {
                host.put(i, value);
            }
            Status.check(Abi.radapter_copy_to_device(
                    owner.handle(), owner.stream(), memory, host.address(), (long) ROWS * APART * Float.BYTES));
            Status.check(Abi.radapter_stream_synchronize(owner.handle(), owner.stream()));
        }
    }

    /** The owner's next call sees what was written, and finds the gaps between rows as they were. */
    @Test
    void kernelsWorkOnTheOwnersMemoryInTheOwnersStream() {
        ownersValues(7);
        try (Kernels kernels = Backends.open("cuda:0", BackendOptions.DEFAULT.withStream(owner.stream()))) {
            Tensor x = ForeignMemory.tensor(
                    kernels.device(), memory, DType.F32, new long[] {ROWS, WIDTH}, new long[] {APART, 1}, this);
            assertThat(x.isHost()).isFalse();
            assertThat(x.toFloats()).containsOnly(7);
            kernels.fill(x, 3);
            kernels.add(x, x, x);
            float[] seen = ownersView();
            for (int i = 0; i < seen.length; i++) {
                assertThat(seen[i]).isEqualTo(i % APART < WIDTH ? 6 : 7);
            }
        }
        assertThat(ownersView()[0])
                .as("closing the kernels leaves memory and stream")
                .isEqualTo(6);
    }

    /** In order without any wait: the owner's copies, our kernels, the owner's copies. */
    @Test
    void foreignAndOwnWorkOfOneStreamComeInOrder() {
        try (Kernels kernels = Backends.open("cuda:0", BackendOptions.DEFAULT.withStream(owner.stream()));
                FloatPointer host = new FloatPointer((long) ROWS * APART)) {
            Tensor x = ForeignMemory.tensor(
                    kernels.device(), memory, DType.F32, new long[] {ROWS, APART}, new long[] {APART, 1}, this);
            for (int i = 0; i < ROWS * APART; i++) {
                host.put(i, i);
            }
            long bytes = (long) ROWS * APART * Float.BYTES;
            Status.check(Abi.radapter_copy_to_device(owner.handle(), owner.stream(), memory, host.address(), bytes));
            kernels.add(x, x, x);
            float[] seen = ownersView();
            for (int i = 0; i < seen.length; i++) {
                assertThat(seen[i]).isEqualTo(2f * i);
            }
        }
    }

    /** Lent and borrowed by DLPack, of either kind, within one process that is both. */
    @Test
    void dlpackLendsAndBorrowsTheDevicesMemory() {
        try (Kernels kernels = Backends.open("cuda:0");
                Arena arena = kernels.device().arena("test")) {
            Tensor ours = arena.allocate(DType.F32, 4, 6).copyFrom(new double[24]);
            Tensor slice = ours.columns(2, 5);
            for (boolean versioned : new boolean[] {false, true}) {
                try (DlpackExport export = lent(kernels, slice, versioned);
                        DlpackImport borrowed = borrowed(kernels, export.lend(), versioned)) {
                    Tensor theirs = borrowed.tensor();
                    assertThat(theirs.isHost()).isFalse();
                    assertThat(theirs.isSameMemory(slice)).isTrue();
                    kernels.fill(theirs, versioned ? 2 : 1);
                }
                float[] seen = ours.toFloats();
                for (int i = 0; i < seen.length; i++) {
                    float inside = versioned ? 2 : 1;
                    assertThat(seen[i]).isEqualTo(i % 6 >= 2 && i % 6 < 5 ? inside : 0);
                }
            }
        }
    }

    private static DlpackExport lent(Kernels kernels, Tensor tensor, boolean versioned) {
        return versioned ? DlpackExport.versioned(kernels.device(), tensor) : DlpackExport.of(kernels.device(), tensor);
    }

    private static DlpackImport borrowed(Kernels kernels, long address, boolean versioned) {
        return versioned
                ? DlpackImport.ofVersioned(kernels.device(), address)
                : DlpackImport.of(kernels.device(), address);
    }

    @Test
    void dlpackRefusesWhatLiesElsewhere() {
        try (Kernels gpu = Backends.open("cuda:0");
                Kernels cpu = Backends.open("cpu");
                Arena onGpu = gpu.device().arena("test");
                Arena onCpu = cpu.device().arena("test")) {
            Tensor there = onGpu.allocate(DType.F32, 3);
            Tensor here = onCpu.allocate(DType.F32, 3);
            assertThatThrownBy(() -> DlpackExport.of(gpu.device(), here))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("does not lie on cuda:0");
            assertThatThrownBy(() -> DlpackExport.versioned(there))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("lies on a device");
            try (DlpackExport export = DlpackExport.of(gpu.device(), there)) {
                long address = export.lend();
                assertThatThrownBy(() -> DlpackImport.of(address))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("name the device of a GPU's kernels");
                DlpackLayout.at(address, DlpackLayout.BYTES).putInt(DlpackLayout.DEVICE_ID, 1);
                assertThatThrownBy(() -> DlpackImport.of(gpu.device(), address))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("device 1 of DLPack's type 2, not on cuda:0");
                DlpackLayout.at(address, DlpackLayout.BYTES).putInt(DlpackLayout.DEVICE_ID, 0);
                DlpackImport.of(gpu.device(), address).close();
            }
            try (DlpackExport export = DlpackExport.of(here)) {
                long address = export.lend();
                assertThatThrownBy(() -> DlpackImport.of(gpu.device(), address))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("move it there before it is lent");
                DlpackImport.of(address).close();
            }
        }
    }

    @Test
    void whatIsNoMatrixOfTheDeviceIsRefused() {
        try (Kernels kernels = Backends.open("cuda:0");
                Arena arena = kernels.device().arena("test")) {
            assertThat(arena.bytes()).isZero();
            assertThatThrownBy(() ->
                            ForeignMemory.tensor(kernels.device(), 0, DType.F32, new long[] {2}, new long[] {1}, this))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("null");
            assertThatThrownBy(() -> ForeignMemory.tensor(
                            kernels.device(), memory + 2, DType.F32, new long[] {2}, new long[] {1}, this))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("multiple of 4");
            assertThatThrownBy(() -> ForeignMemory.tensor(
                            kernels.device(), memory, DType.F32, new long[] {4, 4}, new long[] {1, 4}, this))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("make the tensor contiguous first");
        }
    }
}
