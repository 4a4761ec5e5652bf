package org.radapter.benchmarks;

import java.util.Map;
import org.openjdk.jmh.annotations.Param;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** A low-rank adapter on rows of width 768, 6304 unless the shape says more, forward and backward: gradients of input, both factors and scale. */
public class LowRankAdapter extends OperatorBenchmark {
    /** Rank. */
    @Param({"r4", "r64"})
    public String shape;

    /** Rows, width and rank. */
    record Shape(long rows, long d, long rank) {
        /** {@code r4}, or with another number of rows {@code r4x197}. */
        static Shape of(String text) {
            if (text.equals("small")) {
                return new Shape(50, 32, 3);
            }
            long[] extents = Product.extents(text.substring(1));
            return new Shape(extents.length == 1 ? 6304 : extents[1], 768, extents[0]);
        }

        float[] x(DType dtype) {
            return Numbers.rounded(Numbers.normal(1, 1, rows, d), dtype);
        }

        float[] dy(DType dtype) {
            return Numbers.rounded(Numbers.normal(2, 1, rows, d), dtype);
        }

        float[] down() {
            return Numbers.normal(3, .02, d, rank);
        }

        float[] up() {
            return Numbers.normal(4, .02, rank, d);
        }

        float[] scale() {
            return new float[] {.1f};
        }

        /** ds beside the length of the terms it sums, whose signs differ: against it the rounding of both is judged. */
        float[] scaleGradient(double ds) {
            double terms = Math.sqrt((double) rows * d) * .02 * Math.sqrt(d) * .02 * Math.sqrt(rank);
            return new float[] {(float) ds, (float) terms};
        }
    }

    @Override
    String shape() {
        return shape;
    }

    @Override
    String smallShape() {
        return "small";
    }

    @Override
    Operation open(String side, String shape, Precision precision) {
        Shape extents = Shape.of(shape);
        return side.equals(OURS) ? new Native(extents, precision.dtype()) : new Peer(extents, precision.dtype());
    }

    /** Six thin products; X read and Y written, then X and dY read and dX written. */
    @Override
    Cost cost(String shape, Precision precision) {
        Shape s = Shape.of(shape);
        return new Cost(
                12.0 * s.rows() * s.d() * s.rank(),
                5.0 * s.rows() * s.d() * precision.dtype().bytes());
    }

    private static final class Native extends NativeOperation {
        private final Shape shape;
        private final Tensor x;
        private final Tensor dy;
        private final Tensor down;
        private final Tensor up;
        private final Tensor scale;
        private final Tensor hidden;
        private final Tensor y;
        private final Tensor dx;
        private final Tensor dDown;
        private final Tensor dUp;
        private final Tensor dScale;

        Native(Shape s, DType dtype) {
            shape = s;
            x = tensor(dtype, s.x(dtype), s.rows(), s.d());
            dy = tensor(dtype, s.dy(dtype), s.rows(), s.d());
            down = tensor(DType.F32, s.down(), s.d(), s.rank());
            up = tensor(DType.F32, s.up(), s.rank(), s.d());
            scale = tensor(DType.F32, s.scale(), 1);
            hidden = output(dtype, s.rows(), s.rank());
            y = output(dtype, s.rows(), s.d());
            dx = output(dtype, s.rows(), s.d());
            dDown = output(DType.F32, s.d(), s.rank());
            dUp = output(DType.F32, s.rank(), s.d());
            dScale = output(DType.F32, 1);
        }

        @Override
        public void run() {
            kernels().lowRankAdapter(x, down, up, scale, null, null, hidden, y);
            kernels().lowRankAdapterBackward(x, hidden, down, up, scale, null, dy, dx, dDown, dUp, dScale);
        }

        @Override
        public Map<String, float[]> results() {
            return Map.of(
                    "y",
                    y.toFloats(),
                    "dx",
                    dx.toFloats(),
                    "dDown",
                    dDown.toFloats(),
                    "dUp",
                    dUp.toFloats(),
                    "ds",
                    shape.scaleGradient(dScale.get(0)));
        }
    }

    /** As the method's authors write it, by autograd. */
    private static final class Peer extends TorchOperation {
        private final Shape shape;
        private final org.bytedeco.pytorch.Tensor x;
        private final org.bytedeco.pytorch.Tensor dy;
        private final org.bytedeco.pytorch.Tensor down;
        private final org.bytedeco.pytorch.Tensor up;
        private final org.bytedeco.pytorch.Tensor scale;

        Peer(Shape s, DType dtype) {
            shape = s;
            x = leaf(dtype, s.x(dtype), s.rows(), s.d());
            dy = constant(dtype, s.dy(dtype), s.rows(), s.d());
            down = leaf(DType.F32, s.down(), s.d(), s.rank());
            up = leaf(DType.F32, s.up(), s.rank(), s.d());
            scale = leaf(DType.F32, s.scale());
        }

        @Override
        void compute() {
            Torch.clearGradients(x, down, up, scale);
            org.bytedeco.pytorch.Tensor adapted =
                    x.mm(down.toType(x.scalar_type())).mm(up.toType(x.scalar_type()));
            org.bytedeco.pytorch.Tensor y = x.add(scale.toType(x.scalar_type()).mul(adapted));
            Torch.backward(y, dy);
            publish("y", y);
        }

        @Override
        public Map<String, float[]> results() {
            return Map.of(
                    "y",
                    published("y"),
                    "dx",
                    Torch.floats(x.grad()),
                    "dDown",
                    Torch.floats(down.grad()),
                    "dUp",
                    Torch.floats(up.grad()),
                    "ds",
                    shape.scaleGradient(Torch.floats(scale.grad())[0]));
        }
    }
}
