package org.radapter.interop.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;

class PyTorchMpmNceTest {
    private static final double MARGIN = .05;
    private static final double SMOOTHING = .05;

    @ParameterizedTest
    @CsvSource({"33, 24", "65, 40", "128, 64"})
    void lossAndGradientsAreThoseOfTheComposition(int batch, int width) {
        int[] labels = new int[batch];
        long[] wide = new long[batch];
        for (int i = 0; i < batch; i++) {
            labels[i] = i * 7 % (batch / 3);
            wide[i] = labels[i];
        }
        Tensor raw = Torch.normal(1, 1, batch, width);
        Tensor rawTexts = Torch.normal(2, 1, batch, width);
        Tensor[] exact = leaves(raw, rawTexts, ScalarType.Double);
        Torch.mpmNce(
                        Torch.unitRows(exact[0]),
                        Torch.unitRows(exact[1]),
                        Tensor.create(wide, batch),
                        exact[2].exp(),
                        MARGIN,
                        SMOOTHING)
                .backward();
        Tensor[] same = leaves(raw, rawTexts, ScalarType.Float);
        Tensor reference = Torch.mpmNce(
                Torch.unitRows(same[0]),
                Torch.unitRows(same[1]),
                Tensor.create(wide, batch),
                same[2].exp(),
                MARGIN,
                SMOOTHING);
        reference.backward();

        Tensor[] ours = leaves(raw, rawTexts, ScalarType.Float);
        try (Kernels kernels = Backends.open("cpu");
                PyTorchMpmNce mpmNce = new PyTorchMpmNce(kernels, MARGIN, SMOOTHING)) {
            Tensor loss = mpmNce.loss(Torch.unitRows(ours[0]), Torch.unitRows(ours[1]), labels, ours[2]);
            assertThat(loss.item_float())
                    .isCloseTo(reference.item_float(), org.assertj.core.data.Percentage.withPercentage(1e-3));
            loss.backward();
            Tensor fixed = mpmNce.loss(
                    Torch.unitRows(ours[0]), Torch.unitRows(ours[1]), labels, Math.exp(ours[2].item_float()));
            assertThat(fixed.item_float())
                    .isCloseTo(loss.item_float(), org.assertj.core.data.Percentage.withPercentage(1e-4));
        }
        for (int i = 0; i < 3; i++) {
            double allowed = 3 * Math.max(0x1p-24, Torch.error(same[i].grad(), exact[i].grad()));
            assertThat(Torch.error(ours[i].grad(), exact[i].grad()))
                    .as("gradient %d", i)
                    .isLessThanOrEqualTo(allowed);
        }
    }

    private static Tensor[] leaves(Tensor images, Tensor texts, ScalarType type) {
        Tensor logScale = Tensor.create(new double[] {Math.log(20)}, 1);
        return new Tensor[] {Torch.leaf(images, type), Torch.leaf(texts, type), Torch.leaf(logScale, type)};
    }

    @Test
    void wrongShapesAreNamed() {
        try (Kernels kernels = Backends.open("cpu");
                PyTorchMpmNce mpmNce = new PyTorchMpmNce(kernels, 0, 0)) {
            Tensor images = Torch.normal(1, 1, 4, 8).toType(ScalarType.Float);
            Tensor texts = Torch.normal(1, 1, 4, 9).toType(ScalarType.Float);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> mpmNce.loss(images, texts, new int[] {0, 1, 2, 3}, 10))
                    .withMessageContaining("[4, 9]");
        }
    }
}
