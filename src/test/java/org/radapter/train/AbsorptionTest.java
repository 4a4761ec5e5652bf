package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.AdapterSite;
import org.radapter.adapter.Dropping;
import org.radapter.adapter.RandomGates;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.loss.MpmNce;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.Schedule;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;

/** Adapters absorbed into their projections against adapters apart. */
class AbsorptionTest {
    private static final int STEPS = 5;
    private static final int SEED = 8;
    private static final Dropping DROPPING = new Dropping(Dropping.Mode.MODULE, .4);

    /** Values and averages after some steps, in which adapters are dropped and taken up again. */
    private static double[] train(Kernels kernels, DType dtype, int batch, int shards, boolean absorbing)
            throws IOException {
        TrainSettings settings = new TrainSettings(
                SEED,
                new Schedule(1e-2, 1e-6, 0, STEPS),
                AdamWEma.Settings.PAPER.withAverageDecay(.9),
                DROPPING,
                shards,
                Long.MAX_VALUE,
                absorbing);
        try (ClipParameters start = ClipParameters.random(kernels, dtype, TinyClip.CONFIG, 0, 3);
                ClipParameters weights = ModelCopies.frozen(kernels, start, ModelCopies.values(start));
                AdapterParameters adapters = new AdapterParameters(
                        kernels, dtype, new AdapterConfig(0, .7, true), ClipModel.adapterSites(TinyClip.CONFIG), 4);
                ClipModel model = new ClipModel(kernels, weights, dtype, adapters);
                Trainer trainer =
                        new Trainer(kernels, model, adapters.set(), new MpmNce(14, null, .05, .02), settings)) {
            for (int step = 0; step < STEPS; step++) {
                trainer.step(TinyClip.batch(batch, step));
            }
            double[] values = adapters.set().values().toDoubles();
            double[] averages = adapters.set().averages().toDoubles();
            double[] all = Arrays.copyOf(values, values.length + averages.length);
            System.arraycopy(averages, 0, all, values.length, averages.length);
            return all;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void absorbedAdaptersLearnTheSame(int shards) throws IOException {
        try (Kernels kernels = new ReferenceKernels(Precision.F64)) {
            double[] apart = train(kernels, DType.F64, 60, shards, false);
            double[] absorbed = train(kernels, DType.F64, 60, shards, true);
            assertThat(absorbed).containsExactly(apart, within(1e-9));
            assertThat(absorbed)
                    .as("the other way of computing leaves its own rounding")
                    .isNotEqualTo(apart);
        }
    }

    @Test
    void theCpuLearnsTheSameInItsPrecision() throws IOException {
        try (Kernels oracle = new ReferenceKernels(Precision.F64);
                Kernels kernels = Backends.open(Backends.AUTO)) {
            double[] exact = train(oracle, DType.F64, 60, 1, false);
            double apart = distance(train(kernels, DType.F32, 60, 1, false), exact);
            double absorbed = distance(train(kernels, DType.F32, 60, 1, true), exact);
            assertThat(absorbed).isLessThanOrEqualTo(3 * Math.max(apart, DType.F32.unitRoundoff()));
        }
    }

    private static double distance(double[] actual, double[] exact) {
        double error = 0;
        double norm = 0;
        for (int i = 0; i < exact.length; i++) {
            error += Math.pow(actual[i] - exact[i], 2);
            norm += exact[i] * exact[i];
        }
        return Math.sqrt(error / norm);
    }

    /** The seed is one with which some adapter is open, dropped and open again: moments must decay in between. */
    @Test
    void someAdapterIsDroppedBetweenTwoSteps() {
        try (Kernels kernels = new ReferenceKernels(Precision.F64);
                Arena arena = kernels.device().arena("test")) {
            List<AdapterSite> sites = ClipModel.adapterSites(TinyClip.CONFIG);
            assertThat(sites).anySatisfy(site -> {
                for (int step = 0; step < 3; step++) {
                    double factor = new RandomGates(DROPPING, DType.F64, SEED, step)
                            .gate(site, arena, 0, 60, 5)
                            .values()
                            .get(0);
                    assertThat(factor == 0).isEqualTo(step == 1);
                }
            });
        }
    }
}
