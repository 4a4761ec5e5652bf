package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.image.Augmentation;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.Parameter;
import org.radapter.optim.Schedule;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.weights.TensorSources;

class FineTunerTest {
    private static final int STEPS = 24;
    private static final TinyDrawings DRAWINGS = new TinyDrawings();

    private static FineTuneSettings settings(Method method, int rank) {
        boolean adapts = method == Method.R_ADAPTER;
        return new FineTuneSettings(
                method,
                new AdapterConfig(method == Method.LORA ? Math.max(2, rank) : rank, 1, false),
                adapts ? new Dropping(Dropping.Mode.SAMPLE, .2) : Dropping.NONE,
                new Schedule(1e-2, 1e-6, 2, STEPS),
                AdamWEma.Settings.PAPER.withAverageDecay(adapts ? .8 : 0),
                0,
                false,
                12,
                method == Method.PLAIN_ADAPTER ? Loss.CROSS_ENTROPY : Loss.MPM_NCE,
                true,
                .05,
                .02,
                .5,
                7,
                2,
                DType.F32,
                Long.MAX_VALUE,
                false,
                0,
                false);
    }

    private static FineTuner.Data data() {
        return new FineTuner.Data(
                DRAWINGS,
                (index, step, sample) -> DRAWINGS.className(DRAWINGS.label(index)),
                DrawingPreparation.augmented(TinyClip.CONFIG, Augmentation.LIGHT, 0, 7),
                List.of("a {}"));
    }

    /** Trains a random model and gives all weights of the result at α. */
    private static List<float[]> tuned(
            BackendOptions options,
            FineTuneSettings settings,
            double alpha,
            @Nullable Checkpoint checkpoint,
            TrainingListener listener)
            throws IOException {
        try (Kernels kernels = Backends.open(Backends.AUTO, options);
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipParameters base = ModelCopies.frozen(kernels, random, ModelCopies.values(random));
                FineTuned tuned = new FineTuner(kernels, base, TinyDrawings.tokenizer())
                        .run(settings, data(), checkpoint, 5, listener);
                ClipParameters merged = tuned.merged(alpha)) {
            return values(merged);
        }
    }

    private static List<float[]> values(ClipParameters weights) {
        List<float[]> values = new ArrayList<>();
        for (Parameter parameter : weights.all()) {
            values.add(parameter.value().toFloats());
        }
        return values;
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void theLossFalls(Method method) throws IOException {
        List<Double> losses = new ArrayList<>();
        tuned(BackendOptions.DEFAULT, settings(method, 0), 1, null, report -> losses.add(report.loss()));
        assertThat(losses).hasSize(STEPS);
        assertThat(mean(losses.subList(STEPS - 6, STEPS))).isLessThan(.9 * mean(losses.subList(0, 6)));
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void theNumberOfThreadsDoesNotChangeABit(int rank) throws IOException {
        FineTuneSettings settings = settings(Method.R_ADAPTER, rank);
        List<float[]> one = tuned(BackendOptions.DEFAULT.withThreads(1), settings, .5, null, TrainingListener.SILENT);
        List<float[]> two = tuned(BackendOptions.DEFAULT.withThreads(2), settings, .5, null, TrainingListener.SILENT);
        assertSame(one, two);
    }

    @Test
    void aRunThatWasStoppedGoesOnWithTheSameBits(@TempDir Path folder) throws IOException {
        FineTuneSettings settings = settings(Method.R_ADAPTER, 0);
        List<float[]> unbroken = tuned(BackendOptions.DEFAULT, settings, .5, null, TrainingListener.SILENT);
        Checkpoint checkpoint = new Checkpoint(folder, Map.of("settings", settings.toString()));
        TrainingListener failing = report -> {
            if (report.step() == 13) {
                throw new IllegalStateException("stopped");
            }
        };
        assertThatThrownBy(() -> tuned(BackendOptions.DEFAULT, settings, .5, checkpoint, failing))
                .hasMessage("stopped");
        List<Long> steps = new ArrayList<>();
        List<float[]> resumed =
                tuned(BackendOptions.DEFAULT, settings, .5, checkpoint, report -> steps.add(report.step()));
        assertThat(steps).first().isEqualTo(10L);
        assertSame(unbroken, resumed);
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void alphaZeroIsTheModelBefore(Method method) throws IOException {
        List<float[]> before;
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3)) {
            before = values(random);
        }
        assertSame(before, tuned(BackendOptions.DEFAULT, settings(method, 0), 0, null, TrainingListener.SILENT));
    }

    /** Inference with adapters in place and with adapters merged away is the same function. */
    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void mergedAndSeparateAgree(int rank) throws IOException {
        FineTuneSettings settings = settings(Method.PLAIN_ADAPTER, rank);
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipParameters base = ModelCopies.frozen(kernels, random, ModelCopies.values(random));
                FineTuned tuned = new FineTuner(kernels, base, TinyDrawings.tokenizer())
                        .run(settings, data(), null, 5, TrainingListener.SILENT);
                ClipParameters merged = tuned.merged(1);
                ClipModel separate = new ClipModel(kernels, base, DType.F32, tuned.adapters());
                ClipModel folded = new ClipModel(kernels, merged, DType.F32, null)) {
            float[] image = TinyClip.batch(1, 0).images();
            float[] expected = separate.embedImages(image)[0];
            float[] actual = folded.embedImages(image)[0];
            float[] before;
            try (ClipModel zeroShot = new ClipModel(kernels, base, DType.F32, null)) {
                before = zeroShot.embedImages(image)[0];
            }
            assertThat(distance(actual, expected)).isLessThan(1e-5);
            assertThat(distance(before, expected)).isGreaterThan(1e-3);
        }
    }

    /** LoRA changes no weight but those of queries, keys and values, each by a matrix of its rank. */
    @Test
    void loraChangesTheAttentionsInputByMatricesOfItsRank() throws IOException {
        int rank = 2;
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipParameters base = ModelCopies.frozen(kernels, random, ModelCopies.values(random));
                FineTuned tuned = new FineTuner(kernels, base, TinyDrawings.tokenizer())
                        .run(settings(Method.LORA, rank), data(), null, 5, TrainingListener.SILENT);
                ClipParameters merged = tuned.merged(1)) {
            long trained = 0;
            for (Parameter parameter : merged.all()) {
                double[] before = base.get(parameter.name()).value().toDoubles();
                double[] after = parameter.value().toDoubles();
                if (!parameter.name().endsWith("in_proj_weight")) {
                    assertThat(after).as(parameter.name()).isEqualTo(before);
                    continue;
                }
                int d = (int) parameter.value().extent(1);
                trained += 3L * 2 * rank * d;
                for (int part = 0; part < 3; part++) {
                    double[][] change = new double[d][d];
                    for (int i = 0; i < d * d; i++) {
                        change[i / d][i % d] = after[part * d * d + i] - before[part * d * d + i];
                    }
                    assertThat(rank(change)).as(parameter.name()).isEqualTo(rank);
                }
            }
            assertThat(tuned.trainedParameters()).isEqualTo(trained);
        }
    }

    /** Rank by elimination with complete pivoting; what is a thousandth of the first pivot is rounding. */
    private static int rank(double[][] matrix) {
        double first = 0;
        for (int rank = 0; rank < matrix.length; rank++) {
            int row = rank;
            int column = rank;
            for (int i = rank; i < matrix.length; i++) {
                for (int j = rank; j < matrix.length; j++) {
                    if (Math.abs(matrix[i][j]) > Math.abs(matrix[row][column])) {
                        row = i;
                        column = j;
                    }
                }
            }
            double pivot = matrix[row][column];
            first = rank == 0 ? Math.abs(pivot) : first;
            if (Math.abs(pivot) <= 1e-3 * first) {
                return rank;
            }
            double[] swapped = matrix[row];
            matrix[row] = matrix[rank];
            matrix[rank] = swapped;
            for (double[] each : matrix) {
                double value = each[column];
                each[column] = each[rank];
                each[rank] = value;
            }
            for (int i = rank + 1; i < matrix.length; i++) {
                double factor = matrix[i][rank] / pivot;
                for (int j = rank; j < matrix.length; j++) {
                    matrix[i][j] -= factor * matrix[rank][j];
                }
            }
        }
        return matrix.length;
    }

    /** The chain rule of W₀ + B A against differences of a function that is linear in each factor: no step is too large. */
    @Test
    void theGradientOfLoraIsThatOfItsFactors() throws IOException {
        try (Kernels kernels = Backends.open("reference");
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipParameters base = ModelCopies.frozen(kernels, random, ModelCopies.values(random));
                ClipParameters tuned = ClipParameters.trained(
                        kernels, DType.F32, TinyClip.CONFIG, TensorSources.of(ModelCopies.values(base)), 0);
                LowRankUpdate update = new LowRankUpdate(kernels, base, tuned, 2, 5);
                Arena arena = kernels.device().arena("test")) {
            Parameter weight = tuned.get("transformer.resblocks.0.attn.in_proj_weight");
            Tensor up = update.factors().parameter(weight.name() + ".1.lora_b").value();
            Tensor down =
                    update.factors().parameter(weight.name() + ".1.lora_a").value();
            for (int i = 0; i < up.size(); i++) {
                up.set(i, .1 * Math.sin(i));
            }
            // of the sum of c·W the gradient is c
            double[] c = new double[(int) weight.value().size()];
            Arrays.setAll(c, i -> Math.cos(i));
            Tensor ofWeights = tuned.set().newGradient(arena);
            Tensor ofFactors = update.factors().newGradient(arena);
            Objects.requireNonNull(tuned.set().gradients(ofWeights).of(weight)).copyFrom(c);
            update.pullBack(tuned.set().gradients(ofWeights), update.factors().gradients(ofFactors));
            for (String name : List.of(weight.name() + ".1.lora_b", weight.name() + ".1.lora_a")) {
                Parameter factor = update.factors().parameter(name);
                double[] gradient = Objects.requireNonNull(
                                update.factors().gradients(ofFactors).of(factor))
                        .toDoubles();
                for (int i = 0; i < gradient.length; i++) {
                    double slope =
                            (moved(update, factor, i, 1, weight, c) - moved(update, factor, i, -1, weight, c)) / 2;
                    assertThat(gradient[i]).isCloseTo(slope, within(1e-5));
                }
            }
        }
    }

    private static double moved(
            LowRankUpdate update, Parameter factor, int index, double step, Parameter weight, double[] c) {
        double value = factor.value().get(index);
        factor.value().set(index, value + step);
        update.write();
        factor.value().set(index, value);
        double[] values = weight.value().toDoubles();
        double sum = 0;
        for (int i = 0; i < c.length; i++) {
            sum += c[i] * values[i];
        }
        return sum;
    }

    /** Cross-entropy sees images alone, so all weights of the text tower stay as they are, and those of the other do not. */
    @Test
    void fullFineTuningByCrossEntropyLeavesTheTextTowerAlone() throws IOException {
        FineTuneSettings settings =
                settings(Method.FULL, 0).toBuilder().loss(Loss.CROSS_ENTROPY).build();
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipParameters base = ModelCopies.frozen(kernels, random, ModelCopies.values(random));
                FineTuned tuned = new FineTuner(kernels, base, TinyDrawings.tokenizer())
                        .run(settings, data(), null, 5, TrainingListener.SILENT);
                ClipParameters merged = tuned.merged(1)) {
            for (Parameter parameter : merged.all()) {
                float[] before = base.get(parameter.name()).value().toFloats();
                if (!parameter.name().startsWith("visual.")) {
                    assertThat(parameter.value().toFloats())
                            .as(parameter.name())
                            .isEqualTo(before);
                } else if (parameter.name().endsWith("weight")) {
                    assertThat(parameter.value().toFloats())
                            .as(parameter.name())
                            .isNotEqualTo(before);
                }
            }
        }
    }

    private static FineTuneSettings learnedHead() {
        return settings(Method.FULL, 0).toBuilder()
                .loss(Loss.CROSS_ENTROPY)
                .learnedHead(true)
                .build();
    }

    /** The head of a run at α. */
    private static float[][] head(
            FineTuneSettings settings, double alpha, @Nullable Checkpoint checkpoint, TrainingListener listener)
            throws IOException {
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipParameters base = ModelCopies.frozen(kernels, random, ModelCopies.values(random));
                FineTuned tuned = new FineTuner(kernels, base, TinyDrawings.tokenizer())
                        .run(settings, data(), checkpoint, 5, listener)) {
            return Objects.requireNonNull(tuned.head(alpha));
        }
    }

    @Test
    void aHeadThatLearnsBeginsWithTheTextsAndMoves() throws IOException {
        float[][] before = head(learnedHead(), 0, null, TrainingListener.SILENT);
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters base = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipModel model = new ClipModel(kernels, base, DType.F32, null)) {
            float[][] texts = ZeroShotHead.of(model, TinyDrawings.tokenizer(), DRAWINGS.classNames(), List.of("a {}"))
                    .rows();
            for (int c = 0; c < texts.length; c++) {
                for (int i = 0; i < texts[c].length; i++) {
                    assertThat((double) before[c][i])
                            .isCloseTo(texts[c][i] * base.logitScale(), within(1e-6 * base.logitScale()));
                }
            }
        }
        float[][] after = head(learnedHead(), 1, null, TrainingListener.SILENT);
        float[][] half = head(learnedHead(), .5, null, TrainingListener.SILENT);
        for (int c = 0; c < after.length; c++) {
            assertThat(distance(after[c], before[c])).isGreaterThan(1e-2);
            assertThat(distance(after[c], half[c])).isCloseTo(distance(half[c], before[c]), within(1e-5));
        }
    }

    @Test
    void onlyARunWhoseHeadLearnsHasOne() throws IOException {
        FineTuneSettings fixed = learnedHead().toBuilder().learnedHead(false).build();
        assertThatThrownBy(() -> head(fixed, 1, null, TrainingListener.SILENT))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> FineTuneSettings.rAdapter(10, 1).toBuilder()
                        .learnedHead(true)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("full by cross-entropy");
    }

    /** Were a head's gradient counted with each shard, the norm would grow with their number. */
    @Test
    void shardsDoNotChangeTheGradientOfAHead() throws IOException {
        List<Double> norms = new ArrayList<>();
        for (int shards : new int[] {1, 2, 4}) {
            List<StepReport> reports = new ArrayList<>();
            head(learnedHead().toBuilder().shards(shards).build(), 1, null, reports::add);
            norms.add(reports.get(0).gradientNorm());
        }
        assertThat(norms).allSatisfy(norm -> assertThat(norm).isCloseTo(norms.get(0), within(1e-5 * norms.get(0))));
    }

    @Test
    void aHeadGoesOnWithTheSameBits(@TempDir Path folder) throws IOException {
        FineTuneSettings settings = learnedHead();
        Checkpoint checkpoint = new Checkpoint(folder, Map.of("settings", settings.toString()));
        TrainingListener failing = report -> {
            if (report.step() == 13) {
                throw new IllegalStateException("stopped");
            }
        };
        assertThatThrownBy(() -> head(settings, 1, checkpoint, failing)).hasMessage("stopped");
        List<Long> steps = new ArrayList<>();
        float[][] resumed = head(settings, 1, checkpoint, report -> steps.add(report.step()));
        assertThat(steps).first().isEqualTo(10L);
        assertThat(resumed).isDeepEqualTo(head(settings, 1, null, TrainingListener.SILENT));
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) (a[i] - b[i]) * (a[i] - b[i]);
        }
        return Math.sqrt(sum);
    }

    private static void assertSame(List<float[]> expected, List<float[]> actual) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i)).isEqualTo(expected.get(i));
        }
    }
}
