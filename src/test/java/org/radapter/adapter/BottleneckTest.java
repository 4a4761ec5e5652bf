package org.radapter.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.ImageTower;
import org.radapter.clip.TextTower;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.nn.Pass;
import org.radapter.optim.Gradients;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.train.Batch;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.TinyClip;

/** Adapters with a non-linearity in both towers, in double precision. */
class BottleneckTest {
    private static final int PAIRS = 3;
    private static final int WIDTH = 4;
    private static final double STEP = 1e-5;

    /** A tiny model with such adapters, and a loss that is a fixed sum of its vectors. */
    private static final class Towers implements AutoCloseable {
        final Kernels kernels = new ReferenceKernels(Precision.F64);
        final ClipParameters weights = ClipParameters.random(kernels, DType.F64, TinyClip.CONFIG, 0, 9);
        final AdapterParameters adapters;
        final ClipModel model;
        final Arena arena = kernels.device().arena("test");
        final Batch batch = TinyClip.batch(PAIRS, 0);

        Towers(AdapterConfig.Kind kind) {
            adapters = new AdapterParameters(
                    kernels,
                    DType.F64,
                    AdapterConfig.bottleneck(WIDTH, kind),
                    ClipModel.adapterSites(TinyClip.CONFIG, kind),
                    4);
            model = new ClipModel(kernels, weights, DType.F64, adapters);
        }

        private Pass pass() {
            RandomGates open = new RandomGates(Dropping.NONE, DType.F64, 1, 0);
            return new Pass(kernels, arena, DType.F64, PAIRS, 0, open, true);
        }

        private Tensor images() {
            int size = TinyClip.CONFIG.image().imageSize();
            return arena.allocate(DType.F64, PAIRS, 3, size, size).copyFrom(batch.images());
        }

        double loss() {
            ImageTower.Kept image = model.imageTower().forward(pass(), images());
            TextTower.Kept text = model.textTower().forward(pass(), batch.ids());
            return weighed(image.features()) + weighed(text.features());
        }

        private static double weighed(Tensor features) {
            double sum = 0;
            for (long i = 0; i < features.size(); i++) {
                sum += Math.cos(i) * features.get(i);
            }
            return sum;
        }

        Gradients gradients() {
            Tensor flat = adapters.set().newGradient(arena);
            Gradients gradients = adapters.set().gradients(flat);
            Pass pass = pass();
            ImageTower.Kept image = model.imageTower().forward(pass, images());
            model.imageTower().backward(pass, image, weights(image.features()), gradients);
            TextTower.Kept text = model.textTower().forward(pass, batch.ids());
            model.textTower().backward(pass, text, weights(text.features()), gradients);
            return gradients;
        }

        private Tensor weights(Tensor features) {
            Tensor weights = arena.allocate(DType.F64, features.shape());
            for (long i = 0; i < weights.size(); i++) {
                weights.set(i, Math.cos(i));
            }
            return weights;
        }

        @Override
        public void close() {
            model.close();
            adapters.close();
            weights.close();
            arena.close();
            kernels.close();
        }
    }

    @ParameterizedTest
    @EnumSource(value = AdapterConfig.Kind.class, names = "LINEAR", mode = EnumSource.Mode.EXCLUDE)
    void everyParametersGradientIsTheSlopeOfTheLoss(AdapterConfig.Kind kind) {
        try (Towers towers = new Towers(kind)) {
            Tensor values = towers.adapters.set().values();
            for (long i = 0; i < values.size(); i++) {
                values.set(i, .3 * Math.sin(i));
            }
            Gradients gradients = towers.gradients();
            assertThat(towers.adapters.set().names())
                    .hasSize(4 * towers.adapters.sites().size());
            for (String name : towers.adapters.set().names()) {
                Parameter parameter = towers.adapters.set().parameter(name);
                Tensor gradient = Objects.requireNonNull(gradients.of(parameter));
                for (int direction = 1; direction <= 2; direction++) {
                    double along = 0;
                    for (long i = 0; i < gradient.size(); i++) {
                        along += gradient.get(i) * part(direction, i);
                    }
                    double above = moved(towers, parameter, direction, STEP);
                    double below = moved(towers, parameter, direction, -STEP);
                    assertThat(along).as(name).isNotZero();
                    assertThat(along)
                            .as(name)
                            .isCloseTo((above - below) / (2 * STEP), within(1e-7 * Math.max(1, Math.abs(along))));
                }
            }
        }
    }

    private static double part(int direction, long index) {
        return Math.sin(direction * 1.7 * (index + 1));
    }

    private static double moved(Towers towers, Parameter parameter, int direction, double step) {
        Tensor value = parameter.value();
        double[] before = value.toDoubles();
        for (int i = 0; i < before.length; i++) {
            value.set(i, before[i] + step * part(direction, i));
        }
        double loss = towers.loss();
        value.copyFrom(before);
        return loss;
    }

    @ParameterizedTest
    @EnumSource(value = AdapterConfig.Kind.class, names = "LINEAR", mode = EnumSource.Mode.EXCLUDE)
    void theyBeginAsNothingAndCannotBeMerged(AdapterConfig.Kind kind) {
        try (Towers towers = new Towers(kind);
                ClipModel before = new ClipModel(towers.kernels, towers.weights, DType.F64, null)) {
            ImageTower.Kept with = towers.model.imageTower().forward(towers.pass(), towers.images());
            ImageTower.Kept without = before.imageTower().forward(towers.pass(), towers.images());
            assertThat(with.features().toDoubles())
                    .containsExactly(without.features().toDoubles(), within(1e-12));
            assertThatThrownBy(() -> new Reparameterization(towers.kernels, towers.adapters, 1, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("run the model with them");
        }
    }

    /** Only a run without dropping and averages is what these methods are, and what their recogniser reads. */
    @Test
    void otherMethodsRefuseThem() {
        FineTuneSettings.Builder rAdapter = FineTuneSettings.rAdapter(10, 1).toBuilder()
                .adapter(AdapterConfig.bottleneck(WIDTH, AdapterConfig.Kind.SERIAL_BOTTLENECK));
        assertThatThrownBy(rAdapter::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("plain-adapter");
        assertThatThrownBy(() -> AdapterConfig.bottleneck(0, AdapterConfig.Kind.PARALLEL_BOTTLENECK))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("width");
    }
}
