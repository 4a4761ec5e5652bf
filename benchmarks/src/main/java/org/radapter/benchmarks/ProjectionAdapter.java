package org.radapter.benchmarks;

import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.openjdk.jmh.annotations.Param;
import org.radapter.adapter.Adapter;
import org.radapter.adapter.AdapterSite;
import org.radapter.adapter.GateSource;
import org.radapter.kernels.Activation;
import org.radapter.nn.Absorption;
import org.radapter.nn.AdaptedLinear;
import org.radapter.nn.Linear;
import org.radapter.nn.Pass;
import org.radapter.optim.Gradients;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * A frozen projection of 6304 rows (or as many as the shape says) to width 768 with its full-rank adapter, forward and backward: gradients of the input,
 * the adapter's weight and its scale. What a training step forms of the weights is formed in every call.
 */
public class ProjectionAdapter extends OperatorBenchmark {
    /** Width of the input. */
    @Param({"in768", "in3072"})
    public String shape;

    /** Rows, input and width. */
    record Shape(long rows, long in, long d) {
        /** {@code in768}, or with another number of rows {@code in768x197}. */
        static Shape of(String text) {
            if (text.equals("small")) {
                return new Shape(150, 24, 24);
            }
            long[] extents = Product.extents(text.substring(2));
            return new Shape(extents.length == 1 ? 6304 : extents[1], extents[0], 768);
        }

        float[] x(DType dtype) {
            return Numbers.rounded(Numbers.normal(1, 1, rows, in), dtype);
        }

        float[] dy(DType dtype) {
            return Numbers.rounded(Numbers.normal(2, 1, rows, d), dtype);
        }

        /** As a model stores it, [d, in]. */
        float[] frozen() {
            return Numbers.normal(3, .02, d, in);
        }

        float[] bias() {
            return Numbers.normal(4, 1, d);
        }

        float[] w() {
            return Numbers.normal(5, .02, d, d);
        }

        float[] scale() {
            return new float[] {.1f};
        }

        /** ds beside the length of the terms it sums, whose signs differ: against it the rounding of both is judged. */
        float[] scaleGradient(double ds) {
            double projected = Math.sqrt(1 + .02 * .02 * in);
            double terms = Math.sqrt((double) rows * d) * projected * .02 * Math.sqrt(d);
            return new float[] {(float) ds, (float) terms};
        }

        /** Whether the adapter goes into the projection both ways. */
        boolean absorbed() {
            return in == d;
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

    /** The projection both ways; the adapter's share as it is least at this shape, with what it forms of the weights. */
    @Override
    Cost cost(String shape, Precision precision) {
        Shape s = Shape.of(shape);
        double frozen = 4.0 * s.rows() * s.in() * s.d();
        double adapter = s.absorbed()
                ? 2.0 * s.rows() * s.in() * s.d() + 4.0 * s.in() * s.d() * s.d()
                : 4.0 * s.rows() * s.d() * s.d() + 2.0 * s.in() * s.d() * s.d();
        return Cost.ofFlops(frozen + adapter);
    }

    private static final class Native extends NativeOperation {
        private final Shape shape;
        private final Tensor x;
        private final Tensor dy;
        private final Tensor dx;
        private final Tensor dScale = output(DType.F32, 1);
        private final Tensor dWeight;
        private final AdaptedLinear layer;
        private final Absorption absorption = new Absorption(kernels());
        private final Arena step = kernels().device().arena("step");
        private final Pass pass;
        private final Gradients gradients;
        private Tensor y;

        Native(Shape s, DType dtype) {
            shape = s;
            x = tensor(dtype, s.x(dtype), s.rows(), s.in());
            dy = tensor(dtype, s.dy(dtype), s.rows(), s.d());
            dx = output(dtype, s.rows(), s.in());
            dWeight = output(DType.F32, s.d(), s.d());
            Parameter weight = Parameter.frozen("weight", tensor(DType.F32, s.frozen(), s.d(), s.in()));
            Parameter bias = Parameter.frozen("bias", tensor(DType.F32, s.bias(), s.d()));
            Parameter w = new Parameter("w", tensor(DType.F32, s.w(), s.d(), s.d()), true);
            Parameter scale = new Parameter("scale", tensor(DType.F32, s.scale(), 1), true);
            AdapterSite site =
                    new AdapterSite(AdapterSite.Tower.VISUAL, 0, AdapterSite.Position.values()[0], (int) s.d());
            layer = new AdaptedLinear(new Linear(kernels(), weight, true, bias), new Adapter(site, w, null, scale));
            pass = new Pass(kernels(), step, dtype, 1, 0, GateSource.OPEN, true, absorption);
            gradients = parameter -> parameter == w ? dWeight : parameter == scale ? dScale : null;
        }

        @Override
        public void run() {
            step.release(0);
            absorption.beginStep();
            AdaptedLinear.Kept kept = layer.forward(pass, x, null, null);
            y = kept.y();
            layer.backward(pass, kept, dy, Activation.NONE, null, dx, gradients);
        }

        @Override
        public Map<String, float[]> results() {
            return Map.of(
                    "y",
                    y.toFloats(),
                    "dx",
                    dx.toFloats(),
                    "dW",
                    dWeight.toFloats(),
                    "ds",
                    shape.scaleGradient(dScale.get(0)));
        }

        @Override
        public void close() {
            layer.close();
            absorption.close();
            step.close();
            super.close();
        }
    }

    /** As the method's authors write it, by autograd. */
    private static final class Peer extends TorchOperation {
        private final Shape shape;
        private final org.bytedeco.pytorch.Tensor x;
        private final org.bytedeco.pytorch.Tensor dy;
        private final org.bytedeco.pytorch.Tensor frozen;
        private final org.bytedeco.pytorch.Tensor bias;
        private final org.bytedeco.pytorch.Tensor w;
        private final org.bytedeco.pytorch.Tensor scale;

        Peer(Shape s, DType dtype) {
            shape = s;
            x = leaf(dtype, s.x(dtype), s.rows(), s.in());
            dy = constant(dtype, s.dy(dtype), s.rows(), s.d());
            frozen = constant(dtype, s.frozen(), s.d(), s.in());
            bias = constant(dtype, s.bias(), s.d());
            w = leaf(DType.F32, s.w(), s.d(), s.d());
            scale = leaf(DType.F32, s.scale());
        }

        @Override
        void compute() {
            Torch.clearGradients(x, w, scale);
            org.bytedeco.pytorch.Tensor projected = torch.addmm(bias, x, frozen.t());
            org.bytedeco.pytorch.Tensor adapted = projected.mm(w.toType(x.scalar_type()));
            org.bytedeco.pytorch.Tensor out =
                    projected.add(scale.toType(x.scalar_type()).mul(adapted));
            Torch.backward(out, dy);
            publish("y", out);
        }

        @Override
        public Map<String, float[]> results() {
            return Map.of(
                    "y",
                    published("y"),
                    "dx",
                    Torch.floats(x.grad()),
                    "dW",
                    Torch.floats(w.grad()),
                    "ds",
                    shape.scaleGradient(Torch.floats(scale.grad())[0]));
        }
    }
}
