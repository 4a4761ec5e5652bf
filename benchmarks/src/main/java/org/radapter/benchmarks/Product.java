package org.radapter.benchmarks;

import java.util.Arrays;
import java.util.Map;
import org.openjdk.jmh.annotations.Param;
import org.radapter.kernels.Activation;
import org.radapter.kernels.PackedMatrix;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** C = A B of activations and a frozen weight, packed beforehand by each side that can. Shapes are m×n×k. */
public class Product extends OperatorBenchmark {
    /** Both cores and the caches at their best. */
    static final String CEILING = "4096x4096x4096";

    /** m×n×k. */
    @Param({"6304x768x768", "6304x3072x768", "768x768x768", "256x512x512"})
    public String shape;

    /** A [m, k], B [k, n]. */
    record Shape(long m, long n, long k) {
        static Shape of(String text) {
            long[] extents = extents(text);
            return new Shape(extents[0], extents[1], extents[2]);
        }

        float[] a() {
            return Numbers.normal(1, 1, m, k);
        }

        float[] b() {
            return Numbers.normal(2, .02, k, n);
        }
    }

    /** The numbers of a text such as {@code 32x12x197x64}. */
    static long[] extents(String text) {
        return Arrays.stream(text.split("x")).mapToLong(Long::parseLong).toArray();
    }

    @Override
    String shape() {
        return shape;
    }

    @Override
    String smallShape() {
        return "37x48x65";
    }

    @Override
    String peer() {
        return ONEDNN;
    }

    @Override
    Operation open(String side, String shape, Precision precision) {
        Shape extents = Shape.of(shape);
        DType dtype = precision.dtype();
        return switch (side) {
            case OURS -> new Native("cpu", extents, dtype);
            case JAVA -> new Native("reference", extents, dtype);
            case OPENBLAS -> new OpenBlas(extents);
            case ND4J -> new Nd4jProduct(extents);
            default -> new OneDnn(extents, dtype);
        };
    }

    /** Plain Java where the peer has no bf16. */
    @Override
    Operation openReference(String shape, Precision precision) {
        return open(precision.isMultiplied() ? peer() : JAVA, shape, precision);
    }

    /** Small, where that is plain Java. */
    @Override
    String checkedShape() {
        return Precision.of(dtype).isMultiplied() ? shape() : smallShape();
    }

    @Override
    Cost cost(String shape, Precision precision) {
        Shape s = Shape.of(shape);
        return Cost.ofFlops(2.0 * s.m() * s.n() * s.k());
    }

    private static final class Native extends NativeOperation {
        private final Tensor a;
        private final PackedMatrix b;
        private final Tensor c;

        Native(String backend, Shape shape, DType dtype) {
            super(backend);
            a = tensor(dtype, shape.a(), shape.m(), shape.k());
            b = kernels().pack(false, tensor(dtype, shape.b(), shape.k(), shape.n()));
            c = output(dtype, shape.m(), shape.n());
        }

        @Override
        public void run() {
            kernels().gemmPacked(a, b, null, Activation.NONE, null, null, c);
        }

        @Override
        public Map<String, float[]> results() {
            return Map.of("c", c.toFloats());
        }

        @Override
        public void close() {
            b.close();
            super.close();
        }
    }
}
