package org.radapter.benchmarks;

import java.util.Map;
import org.openjdk.jmh.annotations.Param;
import org.radapter.kernels.Positives;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** MPM-NCE of B images and B texts of width 512, four of a class on average, and its gradients. */
public class MpmNce extends OperatorBenchmark {
    static final double MARGIN = .05;
    static final double SMOOTHING = .02;
    static final double TAU = .01;
    static final int WIDTH = 512;

    /** Batch. */
    @Param({"B4096", "B8192"})
    public String shape;

    @Override
    String shape() {
        return shape;
    }

    @Override
    String smallShape() {
        return "B96";
    }

    static int batch(String shape) {
        return Integer.parseInt(shape.substring(1));
    }

    static float[] images(int batch, DType dtype) {
        return Numbers.rounded(Numbers.unitRows(1, batch, WIDTH), dtype);
    }

    static float[] texts(int batch, DType dtype) {
        return Numbers.rounded(Numbers.unitRows(2, batch, WIDTH), dtype);
    }

    static int[] labels(int batch) {
        return Numbers.labels(3, batch, Math.max(batch / 4, 2));
    }

    @Override
    Operation open(String side, String shape, Precision precision) {
        return side.equals(OURS)
                ? new Native(batch(shape), precision.dtype())
                : new MpmNcePeer(batch(shape), precision.dtype(), precision.dtype());
    }

    /** libtorch in fp32 on the rounded features: its bf16 scores, up to 100, are good to half a unit alone. */
    @Override
    Operation openReference(String shape, Precision precision) {
        return new MpmNcePeer(batch(shape), precision.dtype(), DType.F32);
    }

    @Override
    int iterations(String shape, boolean quick) {
        return quick ? 2 : 3;
    }

    /** The smallest batch that is measured: the peer's check would take longer than ours at the others. */
    @Override
    String checkedShape() {
        return "B4096";
    }

    /** Three products, and the scores formed once more on the way back. */
    @Override
    Cost cost(String shape, Precision precision) {
        double batch = batch(shape);
        return Cost.ofFlops(8 * batch * batch * WIDTH);
    }

    /** The default form, whose memory is of order B·D. */
    static final class Native extends NativeOperation {
        private final Tensor f;
        private final Tensor g;
        private final Positives positives;
        private Tensor losses;
        private Tensor dF;
        private Tensor dG;

        Native(int batch, DType dtype) {
            f = tensor(dtype, images(batch, dtype), batch, WIDTH);
            g = tensor(dtype, texts(batch, dtype), batch, WIDTH);
            positives = Positives.labels(arena(), labels(batch), labels(batch));
        }

        /** Outputs are made in the first call: they count where memory is measured. */
        @Override
        public void run() {
            if (losses == null) {
                losses = output(DType.F32, 3);
                dF = output(f.dtype(), f.shape());
                dG = output(g.dtype(), g.shape());
            }
            kernels().contrastive(f, g, positives, 1 / TAU, null, MARGIN, SMOOTHING, losses, dF, dG, null);
        }

        @Override
        public Map<String, float[]> results() {
            return Map.of("loss", new float[] {(float) losses.get(0)}, "dF", dF.toFloats(), "dG", dG.toFloats());
        }
    }
}
