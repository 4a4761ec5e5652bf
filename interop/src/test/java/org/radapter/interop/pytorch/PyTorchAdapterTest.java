package org.radapter.interop.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Gate;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;

class PyTorchAdapterTest {
    private static final int LAYERS = 14;
    private static final int WIDTH = 24;

    private final Kernels kernels = Backends.open("cpu");
    private final PyTorchAdapter adapter = new PyTorchAdapter(kernels);

    @AfterEach
    void close() {
        PyTorchAdapter.forget();
        kernels.close();
    }

    /** What a network of many adapters is trained by: x, then of each layer its matrices and its scale. */
    private List<Tensor> leaves(ScalarType type, boolean lowRank) {
        List<Tensor> leaves = new ArrayList<>();
        leaves.add(Torch.leaf(Torch.normal(1, 1, 3, 5, WIDTH), type));
        for (int layer = 0; layer < LAYERS; layer++) {
            if (lowRank) {
                leaves.add(Torch.leaf(Torch.normal(100 + layer, .2, WIDTH, 4), type));
                leaves.add(Torch.leaf(Torch.normal(200 + layer, .2, 4, WIDTH), type));
            } else {
                leaves.add(Torch.leaf(Torch.normal(100 + layer, .05, WIDTH, WIDTH), type));
            }
            leaves.add(Torch.leaf(Tensor.create(new double[] {.5 + .1 * layer}, 1), type));
        }
        return leaves;
    }

    private Tensor network(List<Tensor> leaves, boolean lowRank, boolean ours) {
        Tensor y = leaves.get(0);
        int each = lowRank ? 3 : 2;
        for (int layer = 0; layer < LAYERS; layer++) {
            List<Tensor> own = leaves.subList(1 + layer * each, 1 + (layer + 1) * each);
            Tensor scale = own.get(each - 1);
            if (ours) {
                y = lowRank
                        ? adapter.applyLowRank(y, own.get(0), own.get(1), scale, null)
                        : adapter.apply(y, own.get(0), scale, null);
            } else {
                Tensor product = lowRank ? y.matmul(own.get(0)).matmul(own.get(1)) : y.matmul(own.get(0));
                y = y.add(product.mul(scale));
            }
            // two ways from one tensor, so that the order of the nodes is not that of a chain
            y = y.add(torch.tanh(y));
        }
        return torch.tanh(y).mul(y).sum();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void gradientsOfManyAdaptersAreThoseOfTheComposition(boolean lowRank) {
        List<Tensor> exact = leaves(ScalarType.Double, lowRank);
        network(exact, lowRank, false).backward();
        List<Tensor> same = leaves(ScalarType.Float, lowRank);
        Tensor reference = network(same, lowRank, false);
        reference.backward();
        List<Tensor> ours = leaves(ScalarType.Float, lowRank);
        Tensor value = network(ours, lowRank, true);
        value.backward();
        assertThat(value.item_float())
                .isCloseTo(reference.item_float(), org.assertj.core.data.Percentage.withPercentage(1e-3));
        assertGradients("the scales", scales(ours), scales(same), scales(exact));
        for (int i = 0; i < ours.size(); i++) {
            if (ours.get(i).numel() > 1) {
                assertGradients(
                        "gradient " + i,
                        ours.get(i).grad(),
                        same.get(i).grad(),
                        exact.get(i).grad());
            }
        }
    }

    private static void assertGradients(String what, Tensor ours, Tensor same, Tensor exact) {
        assertThat(Torch.error(ours, exact))
                .as(what)
                .isLessThanOrEqualTo(3 * Math.max(0x1p-23, Torch.error(same, exact)));
    }

    /** Gradients of all scales, as one vector: the error of a single number is small by luck. */
    private static Tensor scales(List<Tensor> leaves) {
        TensorVector gradients = new TensorVector();
        leaves.stream().filter(leaf -> leaf.numel() == 1).forEach(leaf -> gradients.push_back(leaf.grad()));
        return torch.cat(gradients);
    }

    @Test
    void gradientsAddUp() {
        List<Tensor> once = leaves(ScalarType.Float, false);
        network(once, false, true).backward();
        List<Tensor> twice = leaves(ScalarType.Float, false);
        network(twice, false, true).backward();
        network(twice, false, true).backward();
        for (int i = 0; i < once.size(); i++) {
            assertThat(Torch.error(twice.get(i).grad(), once.get(i).grad().mul(Torch.scalar(2))))
                    .isLessThan(1e-6);
        }
    }

    @Test
    void aClosedGateIsTheIdentityAndTrainsNothing() {
        Tensor x = Torch.normal(1, 1, 6, 8).toType(ScalarType.Float);
        Tensor weight = Torch.leaf(Torch.normal(2, 1, 8, 8), ScalarType.Float);
        Tensor scale = Torch.leaf(torch.ones(1), ScalarType.Float);
        try (var arena = kernels.device().arena("gate")) {
            Gate closed =
                    Gate.module(arena.allocate(DType.F32, 1).copyFrom(0.0)).knownToBe(0);
            Tensor y = adapter.apply(x, weight, scale, closed);
            assertThat(y.equal(x)).isTrue();
            y.sum().backward();
            assertThat(weight.grad().abs().sum().item_float()).isZero();
        }
    }

    @Test
    void withoutGradientsNothingIsKept() {
        Tensor x = Torch.normal(1, 1, 6, 8).toType(ScalarType.Float);
        Tensor weight = Torch.normal(2, 1, 8, 8).toType(ScalarType.Float);
        Tensor scale = torch.ones(1);
        Tensor y = adapter.apply(x.t().contiguous().t(), weight, scale, null);
        assertThat(y.requires_grad()).isFalse();
        assertThat(Torch.error(y, x.add(x.matmul(weight)))).isLessThan(1e-6);
    }

    @Test
    void aSecondBackwardPassIsAnError() {
        Tensor x = Torch.leaf(Torch.normal(1, 1, 6, 8), ScalarType.Float);
        Tensor weight = Torch.leaf(Torch.normal(2, 1, 8, 8), ScalarType.Float);
        Tensor sum = adapter.apply(x, weight, torch.ones(1), null).sum();
        sum.backward(new Tensor(), new BoolOptional(true), false, new TensorArrayRefOptional());
        assertThatThrownBy(sum::backward).hasMessageContaining("has run already");
    }

    @Test
    void aWeightThatIsNoLeafIsRefused() {
        Tensor x = Torch.leaf(Torch.normal(1, 1, 6, 8), ScalarType.Float);
        Tensor weight = Torch.leaf(Torch.normal(2, 1, 8, 8), ScalarType.Float);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> adapter.apply(x, weight.mul(weight), torch.ones(1), null))
                .withMessageContaining("leaf");
    }
}
