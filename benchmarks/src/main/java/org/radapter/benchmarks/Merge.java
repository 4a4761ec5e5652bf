package org.radapter.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.global.torch;
import org.openjdk.jmh.annotations.Param;
import org.radapter.kernels.MergeLayer;
import org.radapter.tensor.DType;

/** Folds the full-rank adapters of a model into its 48 projections: {@code W (I + α A)}, {@code b (I + α A)}. */
public class Merge extends OperatorBenchmark {
    private static final double ALPHA = .5;

    /** Model. */
    @Param("ViT-B/16")
    public String shape;

    @Override
    String shape() {
        return shape;
    }

    @Override
    String smallShape() {
        return "small";
    }

    private record Projection(int number, long in, long d) {
        float[] weight() {
            return Numbers.normal(3L * number, .02, in, d);
        }

        float[] bias() {
            return Numbers.normal(3L * number + 1, 1, d);
        }

        float[] adapter() {
            return Numbers.normal(3L * number + 2, .02, d, d);
        }
    }

    /** Two projections a layer and tower, the second four times as long. */
    private static List<Projection> projections(String shape) {
        boolean small = shape.equals("small");
        int layers = small ? 1 : 12;
        List<Projection> projections = new ArrayList<>();
        for (long d : small ? new long[] {24, 16} : new long[] {768, 512}) {
            for (int layer = 0; layer < layers; layer++) {
                projections.add(new Projection(projections.size(), d, d));
                projections.add(new Projection(projections.size(), 4 * d, d));
            }
        }
        return projections;
    }

    @Override
    Operation open(String side, String shape, Precision precision) {
        return side.equals(OURS) ? new Native(projections(shape)) : new Peer(projections(shape));
    }

    @Override
    Cost cost(String shape, Precision precision) {
        return Cost.ofFlops(projections(shape).stream()
                .mapToDouble(p -> 2.0 * (p.in() + 1) * p.d() * p.d())
                .sum());
    }

    private static final class Native extends NativeOperation {
        private final List<MergeLayer> layers = new ArrayList<>();

        Native(List<Projection> projections) {
            for (Projection p : projections) {
                layers.add(new MergeLayer(
                        tensor(DType.F32, p.weight(), p.in(), p.d()),
                        false,
                        tensor(DType.F32, p.bias(), p.d()),
                        tensor(DType.F32, p.adapter(), p.d(), p.d()),
                        null,
                        ALPHA,
                        output(DType.F32, p.in(), p.d()),
                        output(DType.F32, p.d())));
            }
        }

        @Override
        public void run() {
            kernels().merge(layers);
        }

        @Override
        public Map<String, float[]> results() {
            Map<String, float[]> results = new LinkedHashMap<>();
            for (int i = 0; i < layers.size(); i++) {
                results.put("weight " + i, layers.get(i).mergedWeight().toFloats());
                results.put("bias " + i, layers.get(i).mergedBias().toFloats());
            }
            return results;
        }
    }

    /** {@code W + α W A} in one call a projection. */
    private static final class Peer extends TorchOperation {
        private final List<org.bytedeco.pytorch.Tensor> weights = new ArrayList<>();
        private final List<org.bytedeco.pytorch.Tensor> biases = new ArrayList<>();
        private final List<org.bytedeco.pytorch.Tensor> adapters = new ArrayList<>();

        Peer(List<Projection> projections) {
            for (Projection p : projections) {
                weights.add(constant(DType.F32, p.weight(), p.in(), p.d()));
                biases.add(constant(DType.F32, p.bias(), 1, p.d()));
                adapters.add(constant(DType.F32, p.adapter(), p.d(), p.d()));
            }
        }

        @Override
        void compute() {
            try (NoGradGuard guard = new NoGradGuard()) {
                for (int i = 0; i < weights.size(); i++) {
                    publish("weight " + i, merged(weights.get(i), adapters.get(i)));
                    publish("bias " + i, merged(biases.get(i), adapters.get(i)));
                }
            }
        }

        private static org.bytedeco.pytorch.Tensor merged(
                org.bytedeco.pytorch.Tensor weight, org.bytedeco.pytorch.Tensor adapter) {
            return torch.addmm(weight, weight, adapter, Torch.scalar(1), Torch.scalar(ALPHA));
        }

        @Override
        public Map<String, float[]> results() {
            Map<String, float[]> results = new LinkedHashMap<>();
            for (int i = 0; i < weights.size(); i++) {
                results.put("weight " + i, published("weight " + i));
                results.put("bias " + i, published("bias " + i));
            }
            return results;
        }
    }
}
