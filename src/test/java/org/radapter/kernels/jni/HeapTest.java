package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.radapter.kernels.Activation;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.PackedMatrix;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Calls of operators leave nothing for the garbage collector, checks of their arguments included. */
class HeapTest {
    private static final int CALLS = 2000;

    private final Kernels kernels = Backends.open("cpu", BackendOptions.DEFAULT.withThreads(1));
    private final Arena arena = kernels.device().arena("test");

    @AfterEach
    void close() {
        arena.close();
        kernels.close();
    }

    private Tensor ones(long... shape) {
        Tensor tensor = arena.allocate(DType.F32, shape);
        kernels.fill(tensor, 1);
        return tensor;
    }

    /** Bytes of heap that this thread allocates in a call, the first calls apart. */
    private static double heapOfACall(Runnable call) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = 0;
        for (int i = 0; i < 2 * CALLS; i++) {
            if (i == CALLS) {
                before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
            }
            call.run();
        }
        long after = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        return (double) (after - before) / CALLS;
    }

    @Test
    void productsAllocateNothing() {
        Tensor a = ones(5, 24);
        Tensor b = ones(24, 32);
        Tensor bias = ones(32);
        Tensor aux = ones(5, 32);
        Tensor c = ones(5, 32);

        assertThat(heapOfACall(() -> kernels.gemm(false, false, a, b, bias, Activation.GELU, aux, null, c)))
                .isLessThan(1);
        try (PackedMatrix packed = kernels.pack(false, b)) {
            assertThat(heapOfACall(() -> kernels.gemmPacked(a, packed, bias, Activation.NONE, null, aux, c)))
                    .isLessThan(1);
        }
    }

    @Test
    void attentionAllocatesNothing() {
        Tensor qkv = ones(6, 48);
        Tensor out = ones(6, 16);
        Tensor logSumExp = ones(2, 2, 3);
        Tensor dOut = ones(6, 16);
        Tensor dQkv = ones(6, 48);

        assertThat(heapOfACall(() -> {
                    kernels.attention(qkv, 2, 2, false, out, logSumExp);
                    kernels.attentionBackward(qkv, out, logSumExp, dOut, 2, 2, false, dQkv);
                }))
                .isLessThan(1);
    }
}
