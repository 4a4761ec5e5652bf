package org.radapter.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** Options of the virtual machines that measure. */
final class Forks {
    /** What libtorch multiplies with, {@code mkl} or by default OpenBLAS; a property of its binding. */
    private static final String BLAS = "org.bytedeco.openblas.load";

    private Forks() {}

    /** The options, for one side and so many threads, with at most {@code heap} of Java heap. */
    static List<String> options(String heap, int threads, String side) {
        List<String> options = new ArrayList<>(List.of(
                "-Xms256m",
                "-Xmx" + heap,
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-Dradapter.benchmarks.threads=" + threads));
        boolean isOpenBlas = side.equals(OperatorBenchmark.OPENBLAS) || side.equals(OperatorBenchmark.ND4J);
        if (!isOpenBlas && System.getProperty(BLAS) != null) {
            options.add("-D" + BLAS + "=" + System.getProperty(BLAS));
        }
        return options;
    }

    /** What libtorch multiplies with, in words. */
    static String blas() {
        return "mkl".equals(System.getProperty(BLAS)) ? "MKL" : "OpenBLAS";
    }
}
