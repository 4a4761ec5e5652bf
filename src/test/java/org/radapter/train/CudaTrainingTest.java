package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
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
import org.radapter.optim.Schedule;
import org.radapter.tensor.DType;

/** Whole steps of a small CLIP on a GPU: as on the CPU within rounding, and the same bits each time. */
@CudaTest
class CudaTrainingTest {
    private static final int BATCH = 12;
    private static final int STEPS = 3;

    private static final BackendOptions CUBLAS = BackendOptions.DEFAULT.withCublas(true);

    private static TinyRun.Result train(Kernels kernels, DType weights, DType activations, TinyRun.Kind kind) {
        try (TinyRun run = new TinyRun(kernels, weights, activations, kind, TinyRun.settings(kind, STEPS))) {
            return run.train(BATCH, STEPS).result();
        }
    }

    @ParameterizedTest
    @EnumSource(TinyRun.Kind.class)
    void stepsAreThoseOfTheCpuWithinRounding(TinyRun.Kind kind) {
        try (Kernels oracle = new ReferenceKernels(Precision.F64);
                Kernels cpu = Backends.open("cpu");
                Kernels gpu = Backends.open("cuda");
                Kernels cublas = Backends.open("cuda", CUBLAS)) {
            TinyRun.Result exact = train(oracle, DType.F64, DType.F64, kind);
            for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
                DType activations = precision.activations();
                TinyRun.Result onGpu = train(gpu, DType.F32, activations, kind);
                TinyRun.Result withCublas = train(cublas, DType.F32, activations, kind);
                TinyRun.Result onCpu = train(cpu, DType.F32, activations, kind);
                try (Kernels reference = new ReferenceKernels(precision)) {
                    TinyRun.Result plain = train(reference, DType.F32, activations, kind);
                    double roundoff = activations.unitRoundoff();
                    double losses = Math.max(roundoff, ErrorNorm.relative(plain.losses(), exact.losses()));
                    double gradients = Math.max(roundoff, ErrorNorm.relative(plain.moments(), exact.moments()));
                    double averages = Math.max(gradients, ErrorNorm.relative(plain.averages(), exact.averages()));
                    for (TinyRun.Result outcome : List.of(onGpu, withCublas, onCpu)) {
                        near("losses in " + precision, outcome.losses(), exact.losses(), losses);
                        near("gradients in " + precision, outcome.moments(), exact.moments(), gradients);
                        near("averages in " + precision, outcome.averages(), exact.averages(), averages);
                    }
                }
            }
        }
    }

    /**
     * At most three times the error of a plain computation of the same precision. For what was trained that is no less
     * than the gradients' error: AdamW divides a gradient by its own size, so the smallest ones bring their whole relative
     * error into a parameter.
     */
    private static void near(String what, double[] actual, double[] exact, double plainError) {
        assertThat(ErrorNorm.relative(actual, exact)).as(what).isLessThanOrEqualTo(3 * plainError);
    }

    @ParameterizedTest
    @EnumSource(TinyRun.Kind.class)
    void twoRunsHaveTheSameBits(TinyRun.Kind kind) {
        try (Kernels first = Backends.open("cuda");
                Kernels second = Backends.open("cuda")) {
            TinyRun.Result one = train(first, DType.F32, DType.BF16, kind);
            TinyRun.Result two = train(second, DType.F32, DType.BF16, kind);
            assertThat(two.numbers()).isEqualTo(one.numbers());
        }
    }

    /** Its sums have another order, which shows where enough of its products are used. */
    @Test
    void plainProductsAreLeftToCublas() {
        TinyRun.Kind kind = TinyRun.Kind.ALL_WEIGHTS;
        try (Kernels without = Backends.open("cuda");
                Kernels with = Backends.open("cuda", CUBLAS)) {
            assertThat(with.description()).isEqualTo(without.description() + ", with cuBLAS");
            double[] numbers = train(with, DType.F32, DType.BF16, kind).numbers();
            assertThat(Arrays.equals(
                            numbers, train(without, DType.F32, DType.BF16, kind).numbers()))
                    .isFalse();
            assertThat(train(with, DType.F32, DType.BF16, kind).numbers()).isEqualTo(numbers);
        }
    }

    /** Who makes batches may announce the next one during a step, or others than those that come, or none. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void announcedBatchesChangeNoBit(boolean fixedShapes) {
        BatchSource source = step -> TinyClip.batch(step == 3 ? BATCH + 4 : BATCH, step);
        double[] plain = trained(fixedShapes, run -> source);
        assertThat(trained(fixedShapes, run -> new Prefetcher(source, run.trainer()::announce)))
                .isEqualTo(plain);
        assertThat(trained(fixedShapes, run -> step -> {
                    Batch batch = source.batch(step);
                    for (Batch any : List.of(source.batch(step + 7), batch, source.batch(3), source.batch(step + 1))) {
                        run.trainer().announce(any);
                    }
                    return batch;
                }))
                .isEqualTo(plain);
    }

    @Test
    void aBatchThatIsFilledAnewIsReadAnew() {
        BatchSource fresh = step -> TinyClip.batch(BATCH, step);
        Batch filled = fresh.batch(0);
        BatchSource again = step -> {
            Batch next = fresh.batch(step);
            System.arraycopy(next.images(), 0, filled.images(), 0, next.images().length);
            System.arraycopy(next.ids(), 0, filled.ids(), 0, next.ids().length);
            System.arraycopy(next.labels(), 0, filled.labels(), 0, BATCH);
            return filled;
        };
        assertThat(trained(false, run -> again)).isEqualTo(trained(false, run -> fresh));
    }

    private static double[] trained(boolean fixedShapes, Function<TinyRun, BatchSource> batches) {
        TinyRun.Kind kind = TinyRun.Kind.ALL_WEIGHTS;
        TrainSettings settings = TinyRun.settings(kind, 6).withFixedShapes(fixedShapes);
        try (Kernels kernels = Backends.open("cuda");
                TinyRun run = new TinyRun(kernels, DType.F32, DType.F32, kind, settings)) {
            BatchSource source = batches.apply(run);
            for (int step = 0; step < 6; step++) {
                run.step(source.batch(step));
            }
            if (source instanceof Prefetcher prefetcher) {
                prefetcher.close();
            }
            return run.result().numbers();
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
