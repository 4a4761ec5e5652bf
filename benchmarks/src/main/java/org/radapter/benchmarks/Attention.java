package org.radapter.benchmarks;

import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.openjdk.jmh.annotations.Param;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Attention of all heads, forward and backward. Shapes are batch×heads×length×headSize. */
public class Attention extends OperatorBenchmark {
    /** batch×heads×length×headSize. */
    @Param("32x12x197x64")
    public String shape;

    /** Extents of one attention. */
    record Shape(long batch, long heads, long length, long headSize) {
        static Shape of(String text) {
            long[] extents = Product.extents(text);
            return new Shape(extents[0], extents[1], extents[2], extents[3]);
        }

        long rows() {
            return batch * length;
        }

        long d() {
            return heads * headSize;
        }

        float[] qkv(DType dtype) {
            return Numbers.rounded(Numbers.normal(1, 1, rows(), 3 * d()), dtype);
        }

        float[] dOut(DType dtype) {
            return Numbers.rounded(Numbers.normal(2, 1, rows(), d()), dtype);
        }
    }

    @Override
    String shape() {
        return shape;
    }

    @Override
    String smallShape() {
        return "2x3x19x16";
    }

    @Override
    Operation open(String side, String shape, Precision precision) {
        Shape extents = Shape.of(shape);
        return side.equals(OURS) ? new Native(extents, precision.dtype()) : new Peer(extents, precision.dtype());
    }

    /** Two products of length² on the way forward, five on the way back, where the scores are formed again. */
    @Override
    Cost cost(String shape, Precision precision) {
        Shape s = Shape.of(shape);
        return Cost.ofFlops(14.0 * s.batch() * s.heads() * s.length() * s.length() * s.headSize());
    }

    private static final class Native extends NativeOperation {
        private final Shape shape;
        private final Tensor qkv;
        private final Tensor dOut;
        private final Tensor out;
        private final Tensor logSumExp;
        private final Tensor dQkv;

        Native(Shape s, DType dtype) {
            shape = s;
            qkv = tensor(dtype, s.qkv(dtype), s.rows(), 3 * s.d());
            dOut = tensor(dtype, s.dOut(dtype), s.rows(), s.d());
            out = output(dtype, s.rows(), s.d());
            logSumExp = output(DType.F32, s.batch(), s.heads(), s.length());
            dQkv = output(dtype, s.rows(), 3 * s.d());
        }

        @Override
        public void run() {
            kernels().attention(qkv, shape.batch(), shape.heads(), false, out, logSumExp);
            kernels().attentionBackward(qkv, out, logSumExp, dOut, shape.batch(), shape.heads(), false, dQkv);
        }

        @Override
        public Map<String, float[]> results() {
            return Map.of("out", out.toFloats(), "dQkv", dQkv.toFloats());
        }
    }

    /** {@code scaled_dot_product_attention} on q, k and v that lie apart, head by head, as it likes them best. */
    private static final class Peer extends TorchOperation {
        private final Shape shape;
        private final org.bytedeco.pytorch.Tensor[] inputs = new org.bytedeco.pytorch.Tensor[3];
        private final org.bytedeco.pytorch.Tensor dOut;

        Peer(Shape s, DType dtype) {
            shape = s;
            try (PointerScope scope = new PointerScope()) {
                org.bytedeco.pytorch.Tensor apart = org.bytedeco.pytorch.Tensor.create(
                                s.qkv(dtype), s.batch(), s.length(), 3, s.heads(), s.headSize())
                        .permute(2, 0, 3, 1, 4)
                        .toType(Torch.type(dtype))
                        .contiguous();
                for (int i = 0; i < 3; i++) {
                    inputs[i] = keep(apart.select(0, i).detach());
                    inputs[i].set_requires_grad(true);
                }
                dOut = keep(org.bytedeco.pytorch.Tensor.create(
                                s.dOut(dtype), s.batch(), s.length(), s.heads(), s.headSize())
                        .transpose(1, 2)
                        .toType(Torch.type(dtype))
                        .contiguous());
            }
        }

        @Override
        void compute() {
            Torch.clearGradients(inputs);
            org.bytedeco.pytorch.Tensor out = torch.scaled_dot_product_attention(
                    inputs[0], inputs[1], inputs[2], new TensorOptional(), 0, false, new DoubleOptional(), false);
            Torch.backward(out, dOut);
            publish("out", out);
        }

        @Override
        public Map<String, float[]> results() {
            try (PointerScope scope = new PointerScope()) {
                org.bytedeco.pytorch.Tensor gradients = torch.stack(
                                new TensorVector(inputs[0].grad(), inputs[1].grad(), inputs[2].grad()))
                        .permute(1, 3, 0, 2, 4);
                return Map.of("out", rows(published("out")), "dQkv", Torch.floats(gradients));
            }
        }

        /** Heads side by side again. */
        private float[] rows(float[] out) {
            return Torch.floats(org.bytedeco.pytorch.Tensor.create(
                            out, shape.batch(), shape.heads(), shape.length(), shape.headSize())
                    .transpose(1, 2));
        }
    }
}
