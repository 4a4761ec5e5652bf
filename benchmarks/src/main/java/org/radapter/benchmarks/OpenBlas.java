package org.radapter.benchmarks;

import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;

/** A product of OpenBLAS in fp32; it has no packed weights. */
final class OpenBlas implements Operation {
    private final int m;
    private final int n;
    private final int k;
    private final FloatPointer a;
    private final FloatPointer b;
    private final FloatPointer c;

    OpenBlas(Product.Shape shape) {
        openblas.blas_set_num_threads(NativeOperation.THREADS);
        m = Math.toIntExact(shape.m());
        n = Math.toIntExact(shape.n());
        k = Math.toIntExact(shape.k());
        a = new FloatPointer(shape.a());
        b = new FloatPointer(shape.b());
        c = new FloatPointer(shape.m() * shape.n());
    }

    @Override
    public void run() {
        openblas.cblas_sgemm(
                openblas.CblasRowMajor, openblas.CblasNoTrans, openblas.CblasNoTrans, m, n, k, 1, a, k, b, n, 0, c, n);
    }

    @Override
    public Map<String, float[]> results() {
        float[] values = new float[m * n];
        c.get(values);
        return Map.of("c", values);
    }

    @Override
    public void close() {
        a.close();
        b.close();
        c.close();
    }
}
