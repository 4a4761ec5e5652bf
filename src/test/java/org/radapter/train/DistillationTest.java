package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.Dropping;
import org.radapter.adapter.RandomGates;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.ImageTower;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.loss.MpmNce;
import org.radapter.loss.Objective;
import org.radapter.nn.Pass;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

class DistillationTest {
    private static final int BATCH = 5;
    private static final int STEPS = 4;
    private static final double WEIGHT = 1.7;
    private static final double[] OFFSETS = {-2, -1, 1, 2};
    private static final double H = 1e-4;

    /** A model with adapters that do something, and the same without. */
    private static final class Towers implements AutoCloseable {
        final Kernels kernels = new ReferenceKernels(Precision.F64);
        final ClipParameters weights = ClipParameters.random(kernels, DType.F64, TinyClip.CONFIG, 0, 9);
        final AdapterParameters adapters = new AdapterParameters(
                kernels, DType.F64, new AdapterConfig(0, .7, true), ClipModel.adapterSites(TinyClip.CONFIG), 4);
        final ClipModel adapted = new ClipModel(kernels, weights, DType.F64, adapters);
        final ClipModel plain = new ClipModel(kernels, weights, DType.F64, null);
        final Arena arena = kernels.device().arena("test");
        final Objective objective = new MpmNce(14, null, .05, .02);

        Towers() {
            double[] values = adapters.set().values().toDoubles();
            for (int i = 0; i < values.length; i++) {
                values[i] += .1 * Math.sin(i);
            }
            adapters.set().values().copyFrom(values);
        }

        /** The objective and λ(2 − mean⟨f, f°⟩ − mean⟨g, g°⟩), f° and g° by the model without adapters. */
        double loss(Tensor gradient) {
            long mark = arena.mark();
            Batch batch = TinyClip.batch(BATCH, 0);
            TrainSettings settings = TinyRun.settings(TinyRun.Kind.FULL_RANK, STEPS);
            FreshInputs inputs = new FreshInputs(adapted, objective, settings, arena, batch, batch::copyImages, 0);
            Pass pass = new Pass(
                    kernels, arena, DType.F64, BATCH, 0, new RandomGates(Dropping.NONE, DType.F64, 1, 0), true);
            ImageTower.Kept image = inputs.encodeImages(pass);
            DistinctTexts text = inputs.encodeTexts(pass);
            Objective.Result result =
                    objective.evaluate(kernels, arena, image.features(), text.features(), batch.labels());
            FreshInputs unadapted = new FreshInputs(plain, objective, settings, arena, batch, batch::copyImages, 0);
            double near = cosines(image.features(), unadapted.encodeImages(pass).features())
                    + cosines(text.features(), unadapted.encodeTexts(pass).features());
            double loss = result.value() + WEIGHT * (2 - near / BATCH);
            if (gradient != null) {
                try (Distillation distillation = new Distillation(kernels, adapted, WEIGHT)) {
                    distillation.prepare(BATCH);
                    distillation.addTo(inputs, arena, BATCH, 0, 2, result.dImages(), result.dTexts());
                    distillation.addTo(inputs, arena, BATCH, 2, BATCH, result.dImages(), result.dTexts());
                }
                adapted.imageTower()
                        .backward(pass, image, result.dImages(), adapters.set().gradients(gradient));
                text.backward(adapted, pass, result.dTexts(), adapters.set().gradients(gradient));
            }
            arena.release(mark);
            return loss;
        }

        private static double cosines(Tensor a, Tensor b) {
            double[] x = a.toDoubles();
            double[] y = b.toDoubles();
            double sum = 0;
            for (int i = 0; i < x.length; i++) {
                sum += x[i] * y[i];
            }
            return sum;
        }

        @Override
        public void close() {
            arena.close();
            plain.close();
            adapted.close();
            adapters.close();
            weights.close();
            kernels.close();
        }
    }

    @Test
    void itsGradientIsRight() {
        try (Towers towers = new Towers();
                Arena arena = towers.kernels.device().arena("gradient")) {
            Tensor gradient = towers.adapters.set().newGradient(arena);
            towers.loss(gradient);
            for (String name : towers.adapters.set().names()) {
                Parameter parameter = towers.adapters.set().parameter(name);
                Tensor analytic = towers.adapters.set().gradients(gradient).of(parameter);
                long stride = Math.max(1, parameter.value().size() / 3);
                for (long i = 0; i < parameter.value().size(); i += stride) {
                    double value = parameter.value().get(i);
                    double[] losses = new double[4];
                    for (int k = 0; k < 4; k++) {
                        parameter.value().set(i, value + OFFSETS[k] * H);
                        losses[k] = towers.loss(null);
                    }
                    parameter.value().set(i, value);
                    double difference = (losses[0] - 8 * losses[1] + 8 * losses[2] - losses[3]) / (12 * H);
                    assertThat(analytic.get(i)).as(name + "[" + i + "]").isCloseTo(difference, within(1e-8));
                }
            }
        }
    }

    private static TinyRun.Result train(Kernels kernels, DType dtype, TrainSettings settings, TinyRun.Kind kind) {
        try (TinyRun run = new TinyRun(kernels, dtype, dtype, kind, settings)) {
            return run.train(12, STEPS).result();
        }
    }

    /** The trainer's own way, over shards, with adapters absorbed, and in steps of fixed shapes. */
    @ParameterizedTest
    @EnumSource(names = "ALL_WEIGHTS", mode = EnumSource.Mode.EXCLUDE)
    void aTrainerLearnsByItWhateverTheShapesOfItsSteps(TinyRun.Kind kind) {
        TrainSettings plain = TinyRun.settings(kind, STEPS);
        TrainSettings distilled = plain.withDistillation(WEIGHT);
        try (Kernels kernels = new ReferenceKernels(Precision.F64)) {
            TinyRun.Result following = train(kernels, DType.F64, distilled, kind);
            TinyRun.Result fixed = train(kernels, DType.F64, distilled.withFixedShapes(true), kind);
            assertThat(fixed.averages()).containsExactly(following.averages(), within(1e-8));
            assertThat(following.averages())
                    .isNotEqualTo(train(kernels, DType.F64, plain, kind).averages());
        }
    }

    @Test
    void memoryForActivationsChangesNoBitOfIt() {
        TrainSettings own = TinyRun.settings(TinyRun.Kind.BY_POSITION, STEPS).withDistillation(WEIGHT);
        TrainSettings again = new TrainSettings(
                        own.seed(), own.schedule(), own.optimizer(), own.dropping(), own.shards(), 0, true)
                .withDistillation(WEIGHT);
        try (Kernels kernels = Backends.open("cpu")) {
            assertThat(train(kernels, DType.F32, again, TinyRun.Kind.BY_POSITION)
                            .numbers())
                    .isEqualTo(train(kernels, DType.F32, own, TinyRun.Kind.BY_POSITION)
                            .numbers());
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
    void aWeightThatIsNoneIsRefused(double weight) {
        TrainSettings settings = TinyRun.settings(TinyRun.Kind.LOW_RANK, STEPS);
        assertThatThrownBy(() -> settings.withDistillation(weight))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("distillation");
    }

    @Test
    void itIsForAdaptersAlone() {
        FineTuneSettings.Builder full = FineTuneSettings.full(9, 1).toBuilder().distillation(1);
        assertThatThrownBy(full::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("r-adapter");
    }
}
