package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.radapter.adapter.AdapterSite;
import org.radapter.adapter.Dropping;
import org.radapter.adapter.FixedGates;
import org.radapter.adapter.RandomGates;
import org.radapter.clip.ClipModel;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.CudaTest;
import org.radapter.kernels.Gate;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;

/** Steps of fixed shapes: what they learn is what other steps learn, however they are repeated. */
class FixedShapesTest {
    private static final int BATCH = 12;
    private static final int STEPS = 5;

    private static TrainSettings settings(TinyRun.Kind kind) {
        return TinyRun.settings(kind, STEPS).withFixedShapes(true);
    }

    /** In four shards, with so much memory for activations. */
    private static TrainSettings settings(TinyRun.Kind kind, long activationBytes) {
        TrainSettings own = TinyRun.settings(kind, STEPS);
        return new TrainSettings(own.seed(), own.schedule(), own.optimizer(), own.dropping(), 4, activationBytes, true)
                .withFixedShapes(true);
    }

    private static TinyRun.Result train(Kernels kernels, DType weights, TinyRun.Kind kind, TrainSettings settings) {
        try (TinyRun run = new TinyRun(kernels, weights, weights, kind, settings)) {
            return run.train(BATCH, STEPS).result();
        }
    }

    @ParameterizedTest
    @EnumSource(TinyRun.Kind.class)
    void theyLearnWhatStepsThatFollowTheBatchLearn(TinyRun.Kind kind) {
        try (Kernels kernels = new ReferenceKernels(Precision.F64)) {
            TinyRun.Result following = train(kernels, DType.F64, kind, TinyRun.settings(kind, STEPS));
            TinyRun.Result fixed = train(kernels, DType.F64, kind, settings(kind));
            assertThat(fixed.losses()).containsExactly(following.losses(), within(1e-10));
            assertThat(fixed.averages()).containsExactly(following.averages(), within(1e-8));
        }
    }

    @ParameterizedTest
    @EnumSource(TinyRun.Kind.class)
    void activationsComputedAgainChangeNoBit(TinyRun.Kind kind) {
        try (Kernels kernels = Backends.open("cpu")) {
            double[] kept = train(kernels, DType.F32, kind, settings(kind, Long.MAX_VALUE))
                    .numbers();
            assertThat(train(kernels, DType.F32, kind, settings(kind, 0)).numbers())
                    .isEqualTo(kept);
        }
    }

    @Test
    void aBatchOfAnotherSizeIsTakenToo() {
        try (Kernels kernels = new ReferenceKernels(Precision.F64)) {
            double[][] results = new double[2][];
            for (int i = 0; i < 2; i++) {
                TrainSettings settings =
                        TinyRun.settings(TinyRun.Kind.LOW_RANK, 9).withFixedShapes(i == 1);
                try (TinyRun run = new TinyRun(kernels, DType.F64, DType.F64, TinyRun.Kind.LOW_RANK, settings)) {
                    run.train(BATCH, 3).train(7, 6).train(BATCH, 9);
                    results[i] = run.result().averages();
                }
            }
            assertThat(results[1]).containsExactly(results[0], within(1e-8));
        }
    }

    @Test
    void goingOnFromACheckpointChangesNoBit(@TempDir Path folder) throws IOException {
        try (Kernels kernels = Backends.open("cpu")) {
            resume(kernels, folder);
        }
    }

    private static void resume(Kernels kernels, Path folder) throws IOException {
        Checkpoint checkpoint = new Checkpoint(folder, Map.of());
        TinyRun.Kind kind = TinyRun.Kind.BY_POSITION;
        try (TinyRun unbroken = new TinyRun(kernels, DType.F32, DType.F32, kind, settings(kind));
                TinyRun resumed = new TinyRun(kernels, DType.F32, DType.F32, kind, settings(kind))) {
            unbroken.train(BATCH, 3);
            checkpoint.save(unbroken.trainer());
            unbroken.train(BATCH, STEPS);
            resumed.train(BATCH, 2);
            assertThat(checkpoint.restore(resumed.trainer())).isEmpty();
            resumed.train(BATCH, STEPS);
            assertThat(resumed.result().averages()).isEqualTo(unbroken.result().averages());
        }
    }

    @ParameterizedTest
    @EnumSource(Dropping.Mode.class)
    void aTableHoldsTheGatesOfEveryStep(Dropping.Mode mode) {
        Dropping dropping = new Dropping(mode, .4);
        List<AdapterSite> sites = ClipModel.adapterSites(TinyClip.CONFIG).subList(0, 2);
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test")) {
            FixedGates fixed =
                    new FixedGates(dropping, DType.F32, 3, Map.of(sites.get(0), 7, sites.get(1), 5), 9, arena);
            Gate part = fixed.gate(sites.get(1), arena, 4, 5, 5);
            assertThat(part.isClosed()).isFalse();
            for (int step = 0; step < 4; step++) {
                fixed.draw(step);
                Gate expected = new RandomGates(dropping, DType.F32, 3, step).gate(sites.get(1), arena, 4, 5, 5);
                assertThat(part.divisor()).isEqualTo(expected.divisor());
                assertThat(part.values().toDoubles())
                        .isEqualTo(expected.values().toDoubles());
            }
            assertThatThrownBy(() -> fixed.gate(sites.get(1), arena, 4, 6, 5))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("samples 4 to 10 of 5 rows");
        }
    }

    /** On a GPU, where the second step is a graph. */
    @CudaTest
    @ParameterizedTest
    @EnumSource(TinyRun.Kind.class)
    void aRecordedStepHasTheBitsOfACalledOne(TinyRun.Kind kind) {
        try (Kernels kernels = Backends.open("cuda")) {
            sameBits(kernels, kind, settings(kind));
        }
    }

    @CudaTest
    @Test
    void soHasOneThatComputesActivationsAgain() {
        try (Kernels kernels = Backends.open("cuda")) {
            sameBits(kernels, TinyRun.Kind.LOW_RANK, settings(TinyRun.Kind.LOW_RANK, 0));
        }
    }

    @CudaTest
    @Test
    void soHasOneByCublas() {
        try (Kernels kernels = Backends.open("cuda", BackendOptions.DEFAULT.withCublas(true))) {
            sameBits(kernels, TinyRun.Kind.FULL_RANK, settings(TinyRun.Kind.FULL_RANK));
        }
    }

    private static void sameBits(Kernels kernels, TinyRun.Kind kind, TrainSettings settings) {
        WatchedRecordings recorded = new WatchedRecordings(kernels, false);
        WatchedRecordings called = new WatchedRecordings(kernels, true);
        double[] actual = shortRun(recorded.kernels(), kind, settings);
        assertThat(actual).isEqualTo(shortRun(called.kernels(), kind, settings)).doesNotContain(Double.NaN);
        assertThat(recorded.recordings()).isEqualTo(1);
        assertThat(recorded.replays()).isEqualTo(2);
    }

    private static double[] shortRun(Kernels kernels, TinyRun.Kind kind, TrainSettings settings) {
        try (TinyRun run = new TinyRun(kernels, DType.F32, DType.F32, kind, settings)) {
            return run.train(BATCH, 3).result().numbers();
        }
    }

    @CudaTest
    @Test
    void aRecordedRunGoesOnFromACheckpoint(@TempDir Path folder) throws IOException {
        try (Kernels kernels = Backends.open("cuda")) {
            resume(kernels, folder);
        }
    }
}
