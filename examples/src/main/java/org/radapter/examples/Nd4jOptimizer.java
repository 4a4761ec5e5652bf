package org.radapter.examples;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.radapter.interop.nd4j.Nd4jTensors;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.Segment;
import org.radapter.kernels.Segments;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Clip, AdamW and a moving average of ND4J's parameters, in one pass and in place: least squares by ND4J's products. */
public final class Nd4jOptimizer {
    private static final int ROWS = 256;
    private static final int WIDTH = 64;

    private Nd4jOptimizer() {}

    /** Runs the example: [STEPS]. */
    public static void main(String[] arguments) {
        int steps = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 200;
        Nd4j.getRandom().setSeed(1);
        INDArray inputs = Nd4j.randn(DataType.FLOAT, ROWS, WIDTH);
        INDArray targets = inputs.mmul(Nd4j.randn(DataType.FLOAT, WIDTH, WIDTH));
        INDArray weight = Nd4j.zeros(DataType.FLOAT, WIDTH, WIDTH);
        INDArray gradient = Nd4j.zeros(DataType.FLOAT, WIDTH, WIDTH);
        INDArray average = weight.dup('c');
        Segment segment = new Segment(
                flat(weight),
                flat(gradient),
                flat(Nd4j.zeros(DataType.FLOAT, WIDTH, WIDTH)),
                flat(Nd4j.zeros(DataType.FLOAT, WIDTH, WIDTH)),
                flat(average),
                0);
        try (Kernels kernels = Backends.open("cpu");
                Segments segments = kernels.segments(List.of(segment));
                Arena arena = kernels.device().arena("optimizer")) {
            // rate, β₁, β₂, ε, largest norm (0: no clipping), decay of the average
            Tensor settings = arena.allocate(DType.F64, 6).copyFrom(.03, .9, .999, 1e-8, 0, .9);
            Tensor state = arena.allocate(DType.F64, 5).copyFrom(new double[5]);
            for (int step = 0; step < steps; step++) {
                INDArray error = inputs.mmul(weight).sub(targets);
                gradient.assign(inputs.transpose().mmul(error).mul(2. / (ROWS * WIDTH)));
                kernels.adamWEma(segments, settings, state);
                if (step % 50 == 0 || step == steps - 1) {
                    System.out.printf(
                            "step %d loss %.5f of the average %.5f%n",
                            step, loss(inputs, targets, weight), loss(inputs, targets, average));
                }
            }
        }
    }

    private static Tensor flat(INDArray array) {
        return Nd4jTensors.view(array).reshape(array.length());
    }

    private static double loss(INDArray inputs, INDArray targets, INDArray weight) {
        INDArray error = inputs.mmul(weight).sub(targets);
        return error.mul(error).meanNumber().doubleValue();
    }
}
