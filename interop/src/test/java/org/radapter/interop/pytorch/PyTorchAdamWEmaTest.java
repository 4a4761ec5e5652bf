package org.radapter.interop.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.radapter.interop.pytorch.PyTorchAdamWEma.Group;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.optim.AdamWEma.Settings;

class PyTorchAdamWEmaTest {
    private static final Settings SETTINGS = new Settings(.9, .99, 1e-8, 1, .7);

    @Test
    void stepsAreThoseOfTheFormulas() {
        Tensor first = Torch.leaf(Torch.normal(1, 1, 33, 5), ScalarType.Float);
        Tensor second = Torch.leaf(Torch.normal(2, 1, 7), ScalarType.Float);
        Tensor[] p = {first.detach().toType(ScalarType.Double), second.detach().toType(ScalarType.Double)};
        Tensor[] m = {torch.zeros_like(p[0]), torch.zeros_like(p[1])};
        Tensor[] v = {torch.zeros_like(p[0]), torch.zeros_like(p[1])};
        Tensor[] average = {p[0].clone(), p[1].clone()};
        double[] decay = {.1, 0};
        try (Kernels kernels = Backends.open("cpu");
                PyTorchAdamWEma optimizer = new PyTorchAdamWEma(
                        kernels, List.of(new Group(first, decay[0]), new Group(second, decay[1])), SETTINGS)) {
            for (int step = 1; step <= 5; step++) {
                optimizer.clearGradients();
                first.pow(Torch.scalar(3)).sum().add(second.sin().sum()).backward();
                Tensor[] g = {
                    first.grad().toType(ScalarType.Double), second.grad().toType(ScalarType.Double)
                };
                double norm = Math.hypot(g[0].norm().item_double(), g[1].norm().item_double());
                double clip = Math.min(1, 1 / norm);
                double rate = .01 * step;
                for (int i = 0; i < 2; i++) {
                    Tensor clipped = g[i].mul(Torch.scalar(clip));
                    m[i] = m[i].mul(Torch.scalar(.9)).add(clipped.mul(Torch.scalar(.1)));
                    v[i] = v[i].mul(Torch.scalar(.99)).add(clipped.mul(clipped).mul(Torch.scalar(.01)));
                    Tensor root = v[i].div(Torch.scalar(1 - Math.pow(.99, step)))
                            .sqrt()
                            .add(Torch.scalar(1e-8));
                    Tensor update =
                            m[i].div(Torch.scalar(1 - Math.pow(.9, step))).div(root);
                    p[i] = p[i].mul(Torch.scalar(1 - rate * decay[i])).sub(update.mul(Torch.scalar(rate)));
                    average[i] = average[i].mul(Torch.scalar(.7)).add(p[i].mul(Torch.scalar(.3)));
                }
                assertThat(optimizer.step(rate)).isCloseTo(norm, within(1e-5 * norm));
            }
            assertThat(Torch.error(first, p[0])).isLessThan(1e-5);
            assertThat(Torch.error(second, p[1])).isLessThan(1e-5);
            assertThat(Torch.error(optimizer.average(0), average[0])).isLessThan(1e-5);
            assertThat(Torch.error(optimizer.average(1), average[1])).isLessThan(1e-5);
        }
    }

    @Test
    void aGradientThatIsNotFiniteChangesNothing() {
        Tensor parameter = Torch.leaf(torch.ones(3), ScalarType.Float);
        try (Kernels kernels = Backends.open("cpu");
                PyTorchAdamWEma optimizer = new PyTorchAdamWEma(kernels, List.of(new Group(parameter, 0)), SETTINGS)) {
            parameter.mul(Torch.scalar(Double.NaN)).sum().backward();
            optimizer.step(.1);
            assertThat(optimizer.skipped()).isEqualTo(1);
            assertThat(optimizer.steps()).isZero();
            assertThat(parameter.equal(torch.ones(3))).isTrue();
        }
    }

    @Test
    void whatCannotBeTrainedIsRefused() {
        Tensor parameter = Torch.leaf(torch.ones(3), ScalarType.Float);
        try (Kernels kernels = Backends.open("cpu");
                PyTorchAdamWEma optimizer = new PyTorchAdamWEma(kernels, List.of(new Group(parameter, 0)), SETTINGS)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> optimizer.step(.1))
                    .withMessageContaining("backward()");
            assertThatIllegalArgumentException().isThrownBy(() -> new PyTorchAdamWEma(kernels, List.of(), SETTINGS));
            Tensor half = torch.ones(3).toType(ScalarType.BFloat16);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new PyTorchAdamWEma(kernels, List.of(new Group(half, 0)), SETTINGS))
                    .withMessageContaining("fp32");
        }
    }
}
