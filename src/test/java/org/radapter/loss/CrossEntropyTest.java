package org.radapter.loss;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.radapter.kernels.Backends;
import org.radapter.kernels.ErrorNorm;
import org.radapter.kernels.FiniteDifferences;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

class CrossEntropyTest {
    private static final int IMAGES = 5;
    private static final int CLASSES = 7;
    private static final int WIDTH = 11;
    private static final int[] LABELS = {3, 0, 6, 3, 1};

    private static double[] wave(int size, double start) {
        double[] values = new double[size];
        for (int i = 0; i < size; i++) {
            values[i] = Math.sin(start + 1.7 * i);
        }
        return values;
    }

    private static Tensor images(Arena arena, DType dtype) {
        return arena.allocate(dtype, IMAGES, WIDTH).copyFrom(wave(IMAGES * WIDTH, .3));
    }

    private static Parameter head(Arena arena, DType dtype, boolean trained) {
        Tensor rows = arena.allocate(dtype, CLASSES, WIDTH).copyFrom(wave(CLASSES * WIDTH, 1));
        return new Parameter(CrossEntropy.HEAD, rows, trained);
    }

    @Test
    void gradientsOfImagesAndHeadAreDifferences() {
        try (Kernels kernels = new ReferenceKernels(Precision.F64);
                Arena arena = kernels.device().arena("test")) {
            Tensor images = images(arena, DType.F64);
            Parameter head = head(arena, DType.F64, true);
            CrossEntropy loss = new CrossEntropy(head, .1);
            Objective.Result result = loss.evaluate(kernels, arena, images, null, LABELS);
            FiniteDifferences.check(
                    "images",
                    result.dImages(),
                    images,
                    () -> loss.evaluate(kernels, arena, images, null, LABELS).value());
            FiniteDifferences.check(
                    "head",
                    Objects.requireNonNull(result.dParameters().get(CrossEntropy.HEAD)),
                    head.value(),
                    () -> loss.evaluate(kernels, arena, images, null, LABELS).value());
        }
    }

    @Test
    void aHeadThatStaysGetsNoGradient() {
        try (Kernels kernels = Backends.open(Backends.AUTO);
                Arena arena = kernels.device().arena("test")) {
            CrossEntropy loss = new CrossEntropy(head(arena, DType.F32, false), 0);
            assertThat(loss.evaluate(kernels, arena, images(arena, DType.F32), null, LABELS)
                            .dParameters())
                    .isEmpty();
        }
    }

    /** The head stays in single precision where activations are bfloat16. */
    @Test
    void activationsMayBeNarrowerThanTheHead() {
        try (Kernels kernels = Backends.open(Backends.AUTO);
                Arena arena = kernels.device().arena("test")) {
            CrossEntropy loss = new CrossEntropy(head(arena, DType.F32, true), .1);
            Objective.Result wide = loss.evaluate(kernels, arena, images(arena, DType.F32), null, LABELS);
            Objective.Result narrow = loss.evaluate(kernels, arena, images(arena, DType.BF16), null, LABELS);
            assertThat(narrow.value()).isNotEqualTo(wide.value());
            assertThat(ErrorNorm.relative(
                            narrow.dImages().toDoubles(), wide.dImages().toDoubles()))
                    .isLessThan(3 * DType.BF16.unitRoundoff());
            assertThat(ErrorNorm.relative(
                            narrow.dParameters().get(CrossEntropy.HEAD).toDoubles(),
                            wide.dParameters().get(CrossEntropy.HEAD).toDoubles()))
                    .isLessThan(3 * DType.BF16.unitRoundoff());
        }
    }
}
