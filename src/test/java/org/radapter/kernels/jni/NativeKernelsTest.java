package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.radapter.kernels.Activation;
import org.radapter.kernels.PackedMatrix;
import org.radapter.kernels.Positives;
import org.radapter.kernels.Segment;
import org.radapter.kernels.Segments;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

class NativeKernelsTest {
    private static final int CALLS = 20_000;

    private final NativeKernels kernels = NativeKernels.cpu(1, "auto");
    private Arena arena;

    @BeforeEach
    void open() {
        arena = kernels.device().arena("test");
    }

    @AfterEach
    void close() {
        arena.close();
        kernels.close();
    }

    @Test
    void aProductIsAProduct() {
        Tensor a = arena.allocate(DType.F32, 2, 3).copyFrom(1, 2, 3, 4, 5, 6);
        Tensor b = arena.allocate(DType.F32, 3, 2).copyFrom(1, 0, 0, 1, 1, 1);
        Tensor c = arena.allocate(DType.F32, 2, 2);
        kernels.gemm(false, false, a, b, c);
        assertThat(c.get(0)).isEqualTo(4);
        assertThat(c.get(1)).isEqualTo(5);
        assertThat(c.get(2)).isEqualTo(10);
        assertThat(c.get(3)).isEqualTo(11);
    }

    @Test
    void callsAllocateNothing() {
        Tensor a = arena.allocate(DType.F32, 4, 8).copyFrom(new float[32]);
        Tensor b = arena.allocate(DType.F32, 8, 8).copyFrom(new float[64]);
        Tensor c = arena.allocate(DType.F32, 4, 8);
        Tensor gain = arena.allocate(DType.F32, 8).copyFrom(new float[8]);
        Tensor rows = arena.allocate(DType.F32, 4);
        Tensor parameter = arena.allocate(DType.F32, 8).copyFrom(new float[8]);
        Tensor gradient = arena.allocate(DType.F32, 8).copyFrom(new float[8]);
        Tensor m = arena.allocate(DType.F32, 8).copyFrom(new float[8]);
        Tensor v = arena.allocate(DType.F32, 8).copyFrom(new float[8]);
        Tensor settings = arena.allocate(DType.F64, 6).copyFrom(1e-3, .9, .999, 1e-8, 1, .99);
        Tensor state = arena.allocate(DType.F64, 5).copyFrom(0, 0, 0, 0, 0);
        try (PackedMatrix packed = kernels.pack(false, b);
                Segments segments = kernels.segments(List.of(new Segment(parameter, gradient, m, v, null, 0)))) {
            assertNoAllocation("gemm", () -> kernels.gemm(false, false, a, b, c));
            assertNoAllocation("gemmPacked", () -> kernels.gemmPacked(a, packed, gain, Activation.GELU, null, null, c));
            assertNoAllocation("layerNorm", () -> kernels.layerNorm(a, gain, gain, 1e-5, c, rows, rows));
            assertNoAllocation("columnSum", () -> kernels.columnSum(a, gain));
            assertNoAllocation("adamWEma", () -> kernels.adamWEma(segments, settings, state));
        }
    }

    /** A compiler that works meanwhile may allocate on its own threads, not on this one. */
    private static void assertNoAllocation(String what, Runnable call) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (int i = 0; i < CALLS; i++) {
            call.run();
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < CALLS; i++) {
            call.run();
        }
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat((double) bytes / CALLS).as("bytes a call of %s", what).isLessThan(1);
    }

    @Test
    void scoresAreKeptWhereTheyMayBeAndGiveTheSameBits() {
        int n = 200;
        long scores = 4L * n * n;
        double[][] results = new double[2][];
        long[] bytes = new long[2];
        for (int i = 0; i < 2; i++) {
            long before = NativeContext.liveBytes();
            try (NativeKernels keeping = NativeKernels.cpu(1, "auto", i == 0 ? scores - 1 : scores);
                    Arena own = keeping.device().arena("scores")) {
                Tensor f = own.allocate(DType.F32, n, 8);
                Tensor g = own.allocate(DType.F32, n, 8);
                for (int j = 0; j < f.size(); j++) {
                    f.set(j, Math.sin(j));
                    g.set(j, Math.cos(3 * j));
                }
                Tensor norm = own.allocate(DType.F32, n);
                keeping.normalize(f, f, norm);
                keeping.normalize(g, g, norm);
                Tensor losses = own.allocate(DType.F32, 3);
                Tensor dF = own.allocate(DType.F32, n, 8);
                Tensor dG = own.allocate(DType.F32, n, 8);
                keeping.contrastive(f, g, Positives.identity(own, n), 20, null, .05, .05, losses, dF, dG, null);
                results[i] = Stream.of(losses.toDoubles(), dF.toDoubles(), dG.toDoubles())
                        .flatMapToDouble(DoubleStream::of)
                        .toArray();
                bytes[i] = NativeContext.liveBytes() - before;
            }
        }
        assertThat(results[1]).containsExactly(results[0]).doesNotContain(Double.NaN);
        assertThat(bytes[1] - bytes[0]).isGreaterThanOrEqualTo(scores);
    }

    @Test
    void anArgumentThatNativeCodeRefusesIsAnException() {
        Tensor x = arena.allocate(DType.I32, 2, 2);
        assertThatThrownBy(() -> kernels.fill(x, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anImpossibleAllocationSaysHowMuch() {
        try (NativeContext context = NativeContext.cpu(1, InstructionSet.AUTO.code())) {
            assertThatThrownBy(() -> context.allocate(1L << 60))
                    .isInstanceOf(OutOfMemoryError.class)
                    .hasMessageContaining(Long.toString(1L << 60));
        }
    }

    @Test
    void anUnknownInstructionSetIsNamed() {
        assertThatThrownBy(() -> NativeKernels.cpu(1, "sse9"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("sse9")
                .hasMessageContaining("avx2");
    }

    @Test
    void whatAnotherBackendMadeIsRefused() {
        Tensor a = arena.allocate(DType.F32, 2, 2).copyFrom(1, 2, 3, 4);
        Tensor c = arena.allocate(DType.F32, 2, 2);
        try (NativeKernels other = NativeKernels.cpu(1, "auto");
                PackedMatrix foreign = other.pack(false, a)) {
            assertThatThrownBy(() -> kernels.gemmPacked(a, foreign, null, Activation.NONE, null, null, c))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("another backend");
        }
    }

    @Test
    void aClosedPackedMatrixIsRefused() {
        Tensor a = arena.allocate(DType.F32, 2, 2).copyFrom(1, 2, 3, 4);
        PackedMatrix packed = kernels.pack(false, a);
        packed.close();
        packed.close();
        assertThatThrownBy(() -> kernels.gemmPacked(a, packed, null, Activation.NONE, null, null, a))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void descriptionNamesSetAndThreads() {
        assertThat(kernels.description()).matches("cpu, (baseline|avx2|avx512|avx512_bf16), 1 thread");
    }

    @Test
    void openingAndClosingDoesNotGrowTheProcess() throws IOException {
        openAndClose(20);
        long before = residentBytes();
        openAndClose(200);
        assertThat(residentBytes() - before).isLessThan(100L << 20);
        assertThat(NativeContext.liveBytes()).isEqualTo(arena.bytes());
    }

    private static void openAndClose(int times) {
        for (int i = 0; i < times; i++) {
            try (NativeKernels other = NativeKernels.cpu(2, "auto");
                    Arena memory = other.device().arena("test")) {
                Tensor weight = memory.allocate(DType.F32, 512, 512);
                other.fill(weight, 1);
                try (PackedMatrix packed = other.pack(true, weight)) {
                    assertThat(packed.k()).isEqualTo(512);
                }
            }
        }
    }

    private static long residentBytes() throws IOException {
        String statm = Files.readString(Path.of("/proc/self/statm"), StandardCharsets.US_ASCII);
        return Long.parseLong(statm.split(" ")[1]) * 4096;
    }
}
