package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.ClipShapes;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.CudaTest;
import org.radapter.kernels.ErrorNorm;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.loss.MpmNce;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.ParameterSet;
import org.radapter.optim.Schedule;
import org.radapter.tensor.DType;

/** Whole steps of a small CLIP on a GPU: as on the CPU within rounding, and the same bits each time. */
@CudaTest
class CudaTrainingTest {
    private static final int BATCH = 12;
    private static final int STEPS = 3;

    /** What is trained, and how adapters are dropped. */
    enum Kind {
        LOW_RANK(new AdapterConfig(3, .1, true), Dropping.Mode.SAMPLE),
        FULL_RANK(new AdapterConfig(0, .7, true), Dropping.Mode.MODULE),
        BY_POSITION(new AdapterConfig(0, .7, false), Dropping.Mode.TOKEN_POSITION),
        ALL_WEIGHTS(null, Dropping.Mode.SAMPLE);

        private final @Nullable AdapterConfig adapter;
        private final Dropping.Mode mode;

        Kind(@Nullable AdapterConfig adapter, Dropping.Mode mode) {
            this.adapter = adapter;
            this.mode = mode;
        }
    }

    /** Losses, gradients (as first moments after the first step), and what was trained. */
    private record Outcome(double[] losses, double[] moments, double[] averages) {}

    private static Outcome train(Kernels kernels, DType weights, DType activations, Kind kind) {
        TrainSettings settings = new TrainSettings(
                5,
                new Schedule(1e-2, 1e-6, 2, STEPS),
                AdamWEma.Settings.PAPER.withAverageDecay(.9),
                kind.adapter == null ? Dropping.NONE : new Dropping(kind.mode, .4),
                3,
                Long.MAX_VALUE,
                true);
        try (ClipParameters random = ClipParameters.random(kernels, weights, TinyClip.CONFIG, .1, 3);
                ClipParameters frozen = ModelCopies.frozen(kernels, random, ModelCopies.values(random))) {
            if (kind.adapter == null) {
                try (ClipModel model = new ClipModel(kernels, random, activations, null)) {
                    MpmNce loss = new MpmNce(0, random.get(ClipShapes.LOGIT_SCALE), .05, .02);
                    return train(kernels, model, random.set(), loss, settings);
                }
            }
            try (AdapterParameters adapters = new AdapterParameters(
                            kernels, weights, kind.adapter, ClipModel.adapterSites(TinyClip.CONFIG), 4);
                    ClipModel model = new ClipModel(kernels, frozen, activations, adapters)) {
                return train(kernels, model, adapters.set(), new MpmNce(14, null, .05, .02), settings);
            }
        } catch (IOException e) {
            throw new AssertionError("nothing is read from a file", e);
        }
    }

    private static Outcome train(
            Kernels kernels, ClipModel model, ParameterSet trained, MpmNce loss, TrainSettings settings) {
        try (Trainer trainer = new Trainer(kernels, model, trained, loss, settings)) {
            double[] losses = new double[STEPS];
            double[] moments = {};
            for (int step = 0; step < STEPS; step++) {
                losses[step] = trainer.step(TinyClip.batch(BATCH, step)).loss();
                moments = step == 0 ? trained.expAvg().toDoubles() : moments;
            }
            return new Outcome(losses, moments, trained.averages().toDoubles());
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void stepsAreThoseOfTheCpuWithinItsRounding(Kind kind) {
        try (Kernels oracle = new ReferenceKernels(Precision.F64);
                Kernels cpu = Backends.open("cpu");
                Kernels gpu = Backends.open("cuda")) {
            Outcome exact = train(oracle, DType.F64, DType.F64, kind);
            for (DType activations : List.of(DType.F32, DType.BF16)) {
                Outcome expected = train(cpu, DType.F32, activations, kind);
                Outcome actual = train(gpu, DType.F32, activations, kind);
                compare("losses in " + activations, actual.losses, expected.losses, exact.losses, activations);
                compare("gradients in " + activations, actual.moments, expected.moments, exact.moments, activations);
                compare("averages in " + activations, actual.averages, expected.averages, exact.averages, activations);
            }
        }
    }

    private static void compare(String what, double[] actual, double[] cpu, double[] exact, DType dtype) {
        double allowed = 3 * Math.max(ErrorNorm.relative(cpu, exact), dtype.unitRoundoff());
        assertThat(ErrorNorm.relative(actual, exact)).as(what).isLessThanOrEqualTo(allowed);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void twoRunsHaveTheSameBits(Kind kind) {
        try (Kernels first = Backends.open("cuda");
                Kernels second = Backends.open("cuda")) {
            Outcome one = train(first, DType.F32, DType.BF16, kind);
            Outcome two = train(second, DType.F32, DType.BF16, kind);
            assertThat(two.losses).isEqualTo(one.losses);
            assertThat(two.moments).isEqualTo(one.moments);
            assertThat(two.averages).isEqualTo(one.averages);
        }
    }

    @Test
    void resumingFromACheckpointDoesNotChangeABit(@TempDir Path folder) throws IOException {
        Checkpoint checkpoint = new Checkpoint(folder, Map.of("seed", "5"));
        TrainSettings settings = TrainSettings.of(
                5,
                new Schedule(1e-2, 1e-6, 2, STEPS),
                AdamWEma.Settings.PAPER.withAverageDecay(.9),
                new Dropping(Dropping.Mode.SAMPLE, .4));
        List<double[]> results = new ArrayList<>();
        for (boolean resumed : new boolean[] {false, true}) {
            try (Kernels kernels = Backends.open("cuda", BackendOptions.DEFAULT);
                    ClipParameters weights = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, .1, 3);
                    ClipModel model = new ClipModel(kernels, weights, DType.F32, null);
                    Trainer trainer = new Trainer(
                            kernels,
                            model,
                            weights.set(),
                            new MpmNce(0, weights.get(ClipShapes.LOGIT_SCALE), .05, .02),
                            settings)) {
                if (resumed) {
                    assertThat(checkpoint.restore(trainer)).isEmpty();
                    assertThat(trainer.nextStep()).isEqualTo(2);
                }
                while (trainer.nextStep() < STEPS) {
                    trainer.step(TinyClip.batch(BATCH, trainer.nextStep()));
                    if (!resumed && trainer.nextStep() == 2) {
                        checkpoint.save(trainer);
                    }
                }
                results.add(weights.set().averages().toDoubles());
            }
        }
        assertThat(results.get(1)).isEqualTo(results.get(0));
    }
}
