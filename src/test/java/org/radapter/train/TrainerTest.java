package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.Dropping;
import org.radapter.adapter.GateSource;
import org.radapter.adapter.RandomGates;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.ImageTower;
import org.radapter.clip.TextTower;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.loss.MpmNce;
import org.radapter.loss.Objective;
import org.radapter.nn.Pass;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.Parameter;
import org.radapter.optim.ParameterSet;
import org.radapter.optim.Schedule;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.weights.Safetensors;
import org.radapter.weights.SafetensorsWriter;

class TrainerTest {
    private static final int STEPS = 7;
    /** Central differences of fourth order. */
    private static final double[] OFFSETS = {-2, -1, 1, 2};

    private static final double H = 1e-4;

    private static TrainSettings settings(Dropping.Mode mode, int shards, long activationBytes) {
        return new TrainSettings(
                5,
                new Schedule(1e-2, 1e-6, 2, STEPS),
                AdamWEma.Settings.PAPER.withAverageDecay(.9),
                new Dropping(mode, .4),
                shards,
                activationBytes,
                true);
    }

    /**
     * In F64 on the oracle, else on the backend that {@code auto} means. A low-rank adapter with a learned scale, so
     * that every kind of trained parameter takes part.
     */
    private static final class Run implements AutoCloseable {
        final Kernels kernels;
        final ClipParameters weights;
        final AdapterParameters adapters;
        final ClipModel model;
        final Trainer trainer;

        Run(Precision precision, DType dtype, TrainSettings settings) {
            kernels = precision == Precision.F64
                    ? new ReferenceKernels(precision)
                    : Backends.open(Backends.AUTO, BackendOptions.DEFAULT.withPrecision(precision));
            weights = ClipParameters.random(kernels, dtype, TinyClip.CONFIG, 0, 3);
            adapters = new AdapterParameters(
                    kernels, dtype, new AdapterConfig(3, .1, true), ClipModel.adapterSites(TinyClip.CONFIG), 4);
            model = new ClipModel(kernels, weights, dtype, adapters);
            trainer = new Trainer(kernels, model, adapters.set(), new MpmNce(14, null, .05, .02), settings);
        }

        Run train(long steps) {
            while (trainer.nextStep() < steps) {
                trainer.step(TinyClip.batch(12, trainer.nextStep()));
            }
            return this;
        }

        double[] averages() {
            return adapters.set().averages().toDoubles();
        }

        @Override
        public void close() {
            trainer.close();
            model.close();
            adapters.close();
            weights.close();
            kernels.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Dropping.Mode.class)
    void memoryForActivationsDoesNotChangeABit(Dropping.Mode mode) {
        try (Run kept = new Run(Precision.F32, DType.F32, settings(mode, 4, Long.MAX_VALUE));
                Run recomputed = new Run(Precision.F32, DType.F32, settings(mode, 4, 0))) {
            assertThat(recomputed.train(3).averages()).isEqualTo(kept.train(3).averages());
        }
    }

    @Test
    void resumingFromACheckpointDoesNotChangeABit(@TempDir Path folder) throws IOException {
        TrainSettings settings = settings(Dropping.Mode.SAMPLE, 2, Long.MAX_VALUE);
        Checkpoint checkpoint = new Checkpoint(folder, Map.of("seed", "5"));
        try (Run unbroken = new Run(Precision.F32, DType.F32, settings);
                Run first = new Run(Precision.F32, DType.F32, settings);
                Run second = new Run(Precision.F32, DType.F32, settings)) {
            for (int step = 1; step <= 4; step++) {
                checkpoint.save(first.train(step).trainer);
            }
            assertThat(checkpoint.files()).hasSize(2);
            assertThat(checkpoint.restore(second.trainer)).isEmpty();
            assertThat(second.trainer.nextStep()).isEqualTo(4);
            assertThat(second.train(STEPS).averages())
                    .isEqualTo(unbroken.train(STEPS).averages());
        }
    }

    /** A process killed between writing a checkpoint and removing an old one leaves three. */
    @Test
    void whatAKilledProcessDidNotRemoveIsRemovedWhenTheRunGoesOn(@TempDir Path folder) throws IOException {
        Checkpoint checkpoint = new Checkpoint(folder, Map.of("seed", "5"));
        try (Run run = new Run(Precision.F32, DType.F32, settings(Dropping.Mode.SAMPLE, 2, Long.MAX_VALUE))) {
            checkpoint.save(run.train(1).trainer);
            Path first = checkpoint.files().get(0);
            byte[] kept = Files.readAllBytes(first);
            checkpoint.save(run.train(2).trainer);
            checkpoint.save(run.train(3).trainer);
            List<Path> lastTwo = checkpoint.files();
            Files.write(first, kept);
            assertThat(checkpoint.files()).hasSize(3);
            checkpoint.restore(run.trainer);
            assertThat(checkpoint.files()).isEqualTo(lastTwo);

            Files.write(first, kept);
            damage(lastTwo.get(1), .5);
            checkpoint.restore(run.trainer);
            assertThat(checkpoint.files())
                    .as("nothing is removed beside a damaged one")
                    .hasSize(3);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, .01, .1, .5, .9, 1})
    void theLastGoodCheckpointIsTakenWhereTheNewestIsDamaged(double where, @TempDir Path folder) throws IOException {
        TrainSettings settings = settings(Dropping.Mode.SAMPLE, 2, Long.MAX_VALUE);
        Checkpoint checkpoint = new Checkpoint(folder, Map.of("seed", "5"));
        try (Run unbroken = new Run(Precision.F32, DType.F32, settings);
                Run first = new Run(Precision.F32, DType.F32, settings);
                Run second = new Run(Precision.F32, DType.F32, settings)) {
            checkpoint.save(first.train(2).trainer);
            checkpoint.save(first.train(3).trainer);
            damage(checkpoint.files().get(1), where);
            List<String> notices = checkpoint.restore(second.trainer);
            assertThat(notices).hasSize(1);
            assertThat(notices.get(0)).contains("step-000000002", "step-000000003");
            assertThat(second.trainer.nextStep()).isEqualTo(2);
            assertThat(second.train(STEPS).averages())
                    .isEqualTo(unbroken.train(STEPS).averages());
            damage(checkpoint.files().get(0), where);
            assertThatThrownBy(() -> checkpoint.restore(second.trainer))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("step-000000003")
                    .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
        }
    }

    /** One bit is another, or, at the end, one byte is gone. */
    private static void damage(Path file, double where) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        if (where == 1) {
            Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
            return;
        }
        bytes[(int) (where * bytes.length)] ^= 1;
        Files.write(file, bytes);
    }

    /** Written before there were checksums. */
    @Test
    void aCheckpointOfFormatOneIsStillRead(@TempDir Path folder) throws IOException {
        TrainSettings settings = settings(Dropping.Mode.SAMPLE, 2, Long.MAX_VALUE);
        Checkpoint checkpoint = new Checkpoint(folder, Map.of());
        try (Run first = new Run(Precision.F32, DType.F32, settings);
                Run second = new Run(Precision.F32, DType.F32, settings)) {
            checkpoint.save(first.train(2).trainer);
            Path path = checkpoint.files().get(0);
            try (Safetensors file = Safetensors.open(path)) {
                Map<String, String> metadata = new HashMap<>(file.metadata());
                metadata.put("format", "radapter-checkpoint-1");
                metadata.remove("crc32c");
                SafetensorsWriter.write(path, file, metadata);
            }
            assertThat(checkpoint.restore(second.trainer)).isEmpty();
            assertThat(second.train(4).averages()).isEqualTo(first.train(4).averages());
        }
    }

    @Test
    void aCheckpointSaysWhatHasChanged(@TempDir Path folder) throws IOException {
        TrainSettings settings = settings(Dropping.Mode.MODULE, 1, Long.MAX_VALUE);
        try (Run run = new Run(Precision.F32, DType.F32, settings)) {
            new Checkpoint(folder, Map.of("isa", "avx2", "seed", "5")).save(run.trainer);
            List<String> differences =
                    new Checkpoint(folder, Map.of("isa", "baseline", "seed", "5")).restore(run.trainer);
            assertThat(differences).containsExactly("isa was avx2 when the checkpoint was written and is baseline now");
        }
    }

    @Test
    void aFileThatIsNoCheckpointIsRefused(@TempDir Path folder) throws IOException {
        TrainSettings settings = settings(Dropping.Mode.MODULE, 1, Long.MAX_VALUE);
        Files.writeString(folder.resolve("step-000000001.safetensors"), "not one");
        try (Run run = new Run(Precision.F32, DType.F32, settings)) {
            assertThatThrownBy(() -> new Checkpoint(folder, Map.of()).restore(run.trainer))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("step-000000001");
        }
    }

    @Test
    void shardsAddUpToTheWholeBatch() {
        try (Run whole = new Run(Precision.F64, DType.F64, settings(Dropping.Mode.SAMPLE, 1, Long.MAX_VALUE));
                Run sharded = new Run(Precision.F64, DType.F64, settings(Dropping.Mode.SAMPLE, 5, Long.MAX_VALUE))) {
            double[] expected = whole.train(1).averages();
            double[] actual = sharded.train(1).averages();
            for (int i = 0; i < expected.length; i++) {
                assertThat(actual[i]).isCloseTo(expected[i], within(1e-9));
            }
        }
    }

    @Test
    void anEmptyBatchIsRefused() {
        try (Run run = new Run(Precision.F32, DType.F32, settings(Dropping.Mode.MODULE, 1, Long.MAX_VALUE))) {
            assertThatThrownBy(() -> run.trainer.step(new Batch(new float[0], new int[0], new int[0])))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("empty batch");
        }
    }

    /** Every weight of the model, towers, embeddings and temperature, by central differences. */
    @Test
    void gradientsOfAllWeightsAreRight() {
        try (Kernels kernels = new ReferenceKernels(Precision.F64);
                ClipParameters weights = ClipParameters.random(kernels, DType.F64, TinyClip.CONFIG, 0, 9);
                ClipModel model = new ClipModel(kernels, weights, DType.F64, null);
                Arena arena = kernels.device().arena("test")) {
            Objective objective = new MpmNce(0, weights.get("logit_scale"), .05, .02);
            Tensor gradient = weights.set().newGradient(arena);
            GateSource gates = new RandomGates(Dropping.NONE, DType.F64, 1, 0);
            loss(kernels, model, objective, arena, gates, weights.set(), gradient);
            for (Parameter parameter : weights.all()) {
                Tensor analytic = weights.set().gradients(gradient).of(parameter);
                for (long i = 0;
                        i < parameter.value().size();
                        i += Math.max(1, parameter.value().size() / 5)) {
                    double value = parameter.value().get(i);
                    double[] losses = new double[4];
                    for (int k = 0; k < 4; k++) {
                        parameter.value().set(i, value + OFFSETS[k] * H);
                        losses[k] = loss(kernels, model, objective, arena, gates, weights.set(), null);
                    }
                    parameter.value().set(i, value);
                    double difference = (losses[0] - 8 * losses[1] + 8 * losses[2] - losses[3]) / (12 * H);
                    assertThat(analytic.get(i))
                            .as(parameter.name() + "[" + i + "]")
                            .isCloseTo(difference, within(1e-8));
                }
            }
        }
    }

    private static double loss(
            Kernels kernels,
            ClipModel model,
            Objective objective,
            Arena arena,
            GateSource gates,
            ParameterSet set,
            Tensor gradient) {
        long mark = arena.mark();
        Batch batch = TinyClip.batch(5, 0);
        Tensor images = arena.allocate(DType.F64, 5, 3, 8, 8);
        for (int i = 0; i < batch.images().length; i++) {
            images.set(i, batch.images()[i]);
        }
        Pass pass = new Pass(kernels, arena, DType.F64, 5, 0, gates, true);
        ImageTower.Kept image = model.imageTower().forward(pass, images);
        TextTower.Kept text = model.textTower().forward(pass, batch.ids());
        Objective.Result result = objective.evaluate(kernels, arena, image.features(), text.features(), batch.labels());
        if (gradient != null) {
            model.imageTower().backward(pass, image, result.dImages(), set.gradients(gradient));
            model.textTower().backward(pass, text, result.dTexts(), set.gradients(gradient));
            set.gradients(gradient)
                    .of(set.parameter("logit_scale"))
                    .set(0, result.dParameters().get("logit_scale").get(0));
        }
        arena.release(mark);
        return result.value();
    }
}
