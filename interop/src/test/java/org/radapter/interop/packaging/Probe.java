package org.radapter.interop.packaging;

import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Loads the library, multiplies, and says what came out and how long the load took. */
public final class Probe {
    private Probe() {}

    /** Runs alone. */
    public static void main(String[] arguments) {
        long start = System.nanoTime();
        String cause = Backends.unavailabilityCause("cpu");
        long loaded = System.nanoTime();
        // whatever happens, Java's own kernels compute
        String backend = cause == null ? "cpu" : "reference";
        if (cause != null) {
            System.out.println("unavailable: " + cause);
        }
        try (Kernels kernels = Backends.open(backend);
                Arena arena = kernels.device().arena("probe")) {
            Tensor a = arena.allocate(DType.F32, 3, 4).copyFrom(new float[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
            Tensor c = arena.allocate(DType.F32, 3, 3);
            kernels.gemm(false, true, a, a, c);
            double sum = 0;
            for (double each : c.toDoubles()) {
                sum += each;
            }
            System.out.println("sum " + sum + ", " + kernels.description() + ", loaded in "
                    + (loaded - start) / 1_000_000 + " ms");
        }
    }
}
