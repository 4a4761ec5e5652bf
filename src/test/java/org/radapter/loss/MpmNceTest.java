package org.radapter.loss;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.radapter.kernels.Backends;
import org.radapter.kernels.ErrorNorm;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

class MpmNceTest {
    private static final double[] IMAGES = {1, 0, .6, .8, 0, 1};
    private static final double[] TEXTS = {.8, .6, 1, 0, -.6, .8};

    private static double loss(boolean multiplePositives, int... labels) {
        try (Kernels kernels = Backends.open(Backends.AUTO);
                Arena arena = kernels.device().arena("test")) {
            Tensor images = arena.allocate(DType.F32, 3, 2).copyFrom(IMAGES);
            Tensor texts = arena.allocate(DType.F32, 3, 2).copyFrom(TEXTS);
            return new MpmNce(5, null, .05, .02, multiplePositives)
                    .evaluate(kernels, arena, images, texts, labels)
                    .value();
        }
    }

    /** A rank on its own that shares a batch with nobody. */
    private static final Ranks ALONE = new Ranks() {
        @Override
        public int rank() {
            return 0;
        }

        @Override
        public int world() {
            return 1;
        }

        @Override
        public void gatherRows(Tensor matrix) {}
    };

    /** Image vectors of a large batch near their texts'; `longest` is the length of the last one. */
    private static double[] rows(int count, int width, double noise, double longest) {
        Random random = new Random(count);
        double[] rows = new double[count * width];
        for (int i = 0; i < count; i++) {
            double squares = 0;
            for (int k = 0; k < width; k++) {
                double value = new Random(i % 300 * 100L + k).nextGaussian() + noise * random.nextGaussian();
                rows[i * width + k] = value;
                squares += value * value;
            }
            for (int k = 0; k < width; k++) {
                rows[i * width + k] *= (i == count - 1 ? longest : 1) / Math.sqrt(squares);
            }
        }
        return rows;
    }

    private static double distance(Tensor found, Tensor expected) {
        return ErrorNorm.relative(found.toDoubles(), expected.toDoubles());
    }

    /** The last vector of length 6 leaves the range of single precision: all lines are summed in double then. */
    @ParameterizedTest
    @ValueSource(doubles = {1, 6})
    void aSharedBatchHasTheLossAndGradientsOfTheWhole(double longest) {
        int n = MpmNce.SHARED_FROM;
        int width = 24;
        try (Kernels kernels = Backends.open(Backends.AUTO);
                Arena arena = kernels.device().arena("test")) {
            Tensor logScale = arena.allocate(DType.F32, 1).copyFrom(Math.log(30));
            MpmNce loss = new MpmNce(0, new Parameter("logit_scale", logScale, true), .05, .02);
            Tensor images = arena.allocate(DType.F32, n, width).copyFrom(rows(n, width, .3, longest));
            Tensor texts = arena.allocate(DType.F32, n, width).copyFrom(rows(n, width, 0, 1));
            Tensor labels = arena.allocate(DType.I32, n)
                    .copyFrom(IntStream.range(0, n).map(i -> i % 300).toArray());
            Objective.Result whole = loss.evaluate(kernels, arena, images, texts, labels);
            Objective.Result shared = loss.evaluate(kernels, arena, images, texts, labels, ALONE);
            assertThat(distance(shared.loss(), whole.loss())).isLessThan(3e-7);
            assertThat(distance(shared.dImages(), whole.dImages())).isLessThan(2e-6);
            assertThat(distance(shared.dTexts(), whole.dTexts())).isLessThan(2e-6);
            assertThat(distance(
                            shared.dParameters().get("logit_scale"),
                            whole.dParameters().get("logit_scale")))
                    .isLessThan(1e-5);
        }
    }

    @Test
    void withSinglePositivesEqualLabelsAreNegativesOfOneAnother() {
        assertThat(loss(false, 4, 4, 9)).isEqualTo(loss(true, 0, 1, 2));
        assertThat(loss(true, 4, 4, 9)).isNotEqualTo(loss(true, 0, 1, 2));
    }
}
