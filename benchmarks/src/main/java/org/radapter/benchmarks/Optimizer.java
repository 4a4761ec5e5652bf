package org.radapter.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.annotations.Param;
import org.radapter.kernels.Segment;
import org.radapter.kernels.Segments;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Clip, AdamW and moving average of the full-rank adapters of a ViT-B/16: 48 matrices, five numbers a parameter. */
public class Optimizer extends OperatorBenchmark {
    private static final double RATE = 5e-4;
    private static final double DECAY = .999;

    /** Parameters. */
    @Param("20.4M")
    public String shape;

    @Override
    String shape() {
        return shape;
    }

    @Override
    String smallShape() {
        return "small";
    }

    /** Widths of the matrices. */
    private static int[] widths(String shape) {
        int[] widths = new int[shape.equals("small") ? 4 : 48];
        for (int i = 0; i < widths.length; i++) {
            boolean visual = i < widths.length / 2;
            widths[i] = shape.equals("small") ? (visual ? 24 : 16) : (visual ? 768 : 512);
        }
        return widths;
    }

    private static int parameters(String shape) {
        return Arrays.stream(widths(shape)).map(width -> width * width).sum();
    }

    @Override
    Operation open(String side, String shape, Precision precision) {
        int count = parameters(shape);
        float[] values = Numbers.normal(1, .01, count);
        float[] gradients = Numbers.normal(2, 1, count);
        return side.equals(OURS) ? new Native(values, gradients) : new Peer(widths(shape), values, gradients);
    }

    /** Five numbers read and four written, and the gradient read once before for its norm. */
    @Override
    Cost cost(String shape, Precision precision) {
        return new Cost(0, 40.0 * parameters(shape));
    }

    private static final class Native extends NativeOperation {
        private final Tensor values;
        private final Tensor expAvg;
        private final Tensor expAvgSq;
        private final Tensor averages;
        private final Tensor settings = arena().allocate(DType.F64, 6).copyFrom(RATE, .9, .999, 1e-8, 1, DECAY);
        private final Tensor state = arena().allocate(DType.F64, 5).copyFrom(new double[5]);
        private final Segments segments;

        Native(float[] start, float[] gradient) {
            int count = start.length;
            values = tensor(DType.F32, start, count);
            expAvg = tensor(DType.F32, new float[count], count);
            expAvgSq = tensor(DType.F32, new float[count], count);
            averages = tensor(DType.F32, start, count);
            Tensor gradients = tensor(DType.F32, gradient, count);
            segments = kernels().segments(List.of(new Segment(values, gradients, expAvg, expAvgSq, averages, 0)));
        }

        @Override
        public void run() {
            kernels().adamWEma(segments, settings, state);
        }

        @Override
        public Map<String, float[]> results() {
            return Map.of(
                    "values",
                    values.toFloats(),
                    "expAvg",
                    expAvg.toFloats(),
                    "expAvgSq",
                    expAvgSq.toFloats(),
                    "averages",
                    averages.toFloats());
        }

        @Override
        public void close() {
            segments.close();
            super.close();
        }
    }

    private static final class Peer extends TorchOperation {
        private final List<org.bytedeco.pytorch.Tensor> values = new ArrayList<>();
        private final org.bytedeco.pytorch.Tensor[] gradients;
        private final TorchOptimizer optimizer;

        Peer(int[] widths, float[] start, float[] gradient) {
            List<org.bytedeco.pytorch.Tensor> parts = new ArrayList<>();
            int at = 0;
            for (int width : widths) {
                int end = at + width * width;
                values.add(leaf(DType.F32, Arrays.copyOfRange(start, at, end), width, width));
                parts.add(constant(DType.F32, Arrays.copyOfRange(gradient, at, end), width, width));
                at = end;
            }
            gradients = parts.toArray(org.bytedeco.pytorch.Tensor[]::new);
            optimizer = new TorchOptimizer(this, values, DECAY);
        }

        @Override
        void compute() {
            optimizer.step(gradients, RATE);
        }

        @Override
        public Map<String, float[]> results() {
            Map<String, float[]> results = new LinkedHashMap<>();
            results.put("values", Torch.floats(values.toArray(org.bytedeco.pytorch.Tensor[]::new)));
            results.put("expAvg", Torch.floats(optimizer.expAvg()));
            results.put("expAvgSq", Torch.floats(optimizer.expAvgSq()));
            results.put("averages", Torch.floats(optimizer.averages()));
            return results;
        }
    }
}
