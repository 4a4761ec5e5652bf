package org.radapter.loss;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
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

    @Test
    void withSinglePositivesEqualLabelsAreNegativesOfOneAnother() {
        assertThat(loss(false, 4, 4, 9)).isEqualTo(loss(true, 0, 1, 2));
        assertThat(loss(true, 4, 4, 9)).isNotEqualTo(loss(true, 0, 1, 2));
    }
}
