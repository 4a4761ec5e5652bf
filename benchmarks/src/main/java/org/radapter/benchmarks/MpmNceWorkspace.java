package org.radapter.benchmarks;

import java.util.Map;
import org.bytedeco.javacpp.LongPointer;
import org.radapter.kernels.Positives;
import org.radapter.kernels.jni.abi.Abi;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** {@link MpmNce} with a workspace that holds all B×B scores, so that they are formed once. */
public class MpmNceWorkspace extends MpmNce {
    @Override
    Operation open(String side, String shape, Precision precision) {
        return side.equals(OURS) ? new Keeping(batch(shape), precision.dtype()) : super.open(side, shape, precision);
    }

    /** Three products. */
    @Override
    Cost cost(String shape, Precision precision) {
        double batch = batch(shape);
        return Cost.ofFlops(6 * batch * batch * WIDTH);
    }

    /** Through the C interface, where the caller gives the workspace. */
    private static final class Keeping extends NativeOperation {
        private final long context;
        private final int batch;
        private final Tensor f;
        private final Tensor g;
        private final Positives positives;
        private final Tensor losses = output(DType.F32, 3);
        private final Tensor dF;
        private final Tensor dG;
        private final Tensor workspace;

        Keeping(int batch, DType dtype) {
            this.batch = batch;
            try (LongPointer created = new LongPointer(1)) {
                succeed(Abi.radapter_cpu_create(THREADS, Abi.RADAPTER_ISA_AUTO, created));
                context = created.get();
            }
            f = tensor(dtype, images(batch, dtype), batch, WIDTH);
            g = tensor(dtype, texts(batch, dtype), batch, WIDTH);
            positives = Positives.labels(arena(), labels(batch), labels(batch));
            dF = output(dtype, batch, WIDTH);
            dG = output(dtype, batch, WIDTH);
            workspace =
                    arena().allocate(DType.U8, Abi.radapter_contrastive_full_workspace(context, batch, batch, WIDTH));
        }

        private static void succeed(int status) {
            if (status != 0) {
                throw new IllegalStateException("the library refused: status " + status);
            }
        }

        @Override
        public void run() {
            succeed(Abi.radapter_contrastive(
                    context,
                    0,
                    batch,
                    batch,
                    WIDTH,
                    f.address(),
                    WIDTH,
                    g.address(),
                    WIDTH,
                    f.dtype().code(),
                    positives.rowLabels().address(),
                    positives.columnLabels().address(),
                    0,
                    0,
                    0,
                    0,
                    1 / TAU,
                    0,
                    MARGIN,
                    SMOOTHING,
                    losses.address(),
                    dF.address(),
                    WIDTH,
                    dG.address(),
                    WIDTH,
                    0,
                    workspace.address(),
                    workspace.size()));
        }

        @Override
        public Map<String, float[]> results() {
            return Map.of("loss", new float[] {(float) losses.get(0)}, "dF", dF.toFloats(), "dG", dG.toFloats());
        }

        @Override
        public void close() {
            Abi.radapter_context_destroy(context);
            super.close();
        }
    }
}
