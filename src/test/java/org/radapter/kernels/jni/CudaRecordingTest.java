package org.radapter.kernels.jni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.radapter.kernels.Backends;
import org.radapter.kernels.CudaTest;
import org.radapter.kernels.Gate;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.Positives;
import org.radapter.kernels.Recording;
import org.radapter.kernels.Segment;
import org.radapter.kernels.Segments;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** Work noted as a graph: a step replayed has the bits of a step called, with what its tensors hold by then. */
@CudaTest
class CudaRecordingTest {
    private static final int ROWS = 40;
    private static final int WIDTH = 24;

    private Kernels kernels;
    private Arena arena;
    private long bytesBefore;

    @BeforeEach
    void open() {
        bytesBefore = NativeContext.liveBytes();
        kernels = Backends.open("cuda:0");
        arena = kernels.device().arena("test");
    }

    @AfterEach
    void close() {
        arena.close();
        kernels.close();
        assertThat(NativeContext.liveBytes()).isEqualTo(bytesBefore);
    }

    /** An adapter between two towers' features, its loss and its optimiser: what a training step is made of. */
    private final class SmallStep implements AutoCloseable {
        private final Random random = new Random(11);
        private final Tensor x = normal(ROWS, WIDTH);
        private final Tensor texts = normal(ROWS, WIDTH);
        private final Tensor w = normal(WIDTH, WIDTH);
        private final Tensor scale = normal(1);
        private final Tensor gate = filled(1, ROWS);
        private final Tensor features = filled(Double.NaN, ROWS, WIDTH);
        private final Tensor norms = filled(Double.NaN, ROWS);
        private final Tensor unit = filled(Double.NaN, ROWS, WIDTH);
        private final Tensor losses = filled(Double.NaN, 3);
        private final Tensor dUnit = filled(Double.NaN, ROWS, WIDTH);
        private final Tensor dTexts = filled(Double.NaN, ROWS, WIDTH);
        private final Tensor dFeatures = filled(Double.NaN, ROWS, WIDTH);
        private final Tensor dW = filled(Double.NaN, WIDTH, WIDTH);
        private final Tensor dScale = filled(Double.NaN, 1);
        private final Tensor average = filled(0, WIDTH, WIDTH);
        private final Tensor settings = arena.allocate(DType.F64, 6);
        private final Tensor state = arena.allocate(DType.F64, 5).copyFrom(new double[5]);
        private final Positives positives = Positives.identity(arena, ROWS);
        private final Segments segments = kernels.segments(
                List.of(new Segment(w, dW, filled(0, WIDTH, WIDTH), filled(0, WIDTH, WIDTH), average, 0.05)));

        private Tensor normal(long... shape) {
            Tensor tensor = arena.allocate(DType.F32, shape);
            double[] values = new double[(int) tensor.size()];
            Arrays.setAll(values, i -> random.nextGaussian());
            return tensor.copyFrom(values);
        }

        private Tensor filled(double value, long... shape) {
            Tensor tensor = arena.allocate(DType.F32, shape);
            double[] values = new double[(int) tensor.size()];
            Arrays.fill(values, value);
            return tensor.copyFrom(values);
        }

        private void prepare(int step) {
            settings.copyFrom(1e-2 / (step + 1), .9, .999, 1e-8, 1, .9);
            double[] factors = new double[ROWS];
            Arrays.setAll(factors, i -> (i + step) % 3 == 0 ? 0 : 1.5);
            gate.copyFrom(factors);
        }

        private void operators() {
            Gate gates = Gate.tokenPosition(gate);
            kernels.adapter(x, w, scale, gates, x, features);
            kernels.normalize(features, unit, norms);
            kernels.normalize(texts, texts, norms);
            kernels.contrastive(unit, texts, positives, 10, null, .05, .05, losses, dUnit, dTexts, null);
            kernels.normalizeBackward(dUnit, unit, norms, dFeatures);
            kernels.adapterBackward(x, w, scale, gates, dFeatures, null, dW, dScale);
            kernels.adamWEma(segments, settings, state);
        }

        private double[] results() {
            return Stream.of(w, average, losses, state)
                    .flatMapToDouble(tensor -> DoubleStream.of(tensor.toDoubles()))
                    .toArray();
        }

        @Override
        public void close() {
            segments.close();
        }
    }

    @Test
    void aReplayedStepHasTheBitsOfACalledOne() {
        try (SmallStep called = new SmallStep();
                SmallStep noted = new SmallStep();
                Recording recording = kernels.record(noted::operators)) {
            assertThat(noted.losses.toDoubles()).containsOnly(Double.NaN);
            for (int step = 0; step < 4; step++) {
                called.prepare(step);
                called.operators();
                noted.prepare(step);
                recording.replay();
                assertThat(noted.results()).isEqualTo(called.results()).doesNotContain(Double.NaN);
            }
            assertThat(noted.state.get(0)).isEqualTo(4);
        }
    }

    /** A recording has scratch memory of its own: what other calls need later does not move it. */
    @Test
    void otherWorkBetweenReplaysChangesNothing() {
        try (SmallStep called = new SmallStep();
                SmallStep noted = new SmallStep();
                Recording recording = kernels.record(noted::operators)) {
            called.prepare(0);
            called.operators();
            Tensor large = arena.allocate(DType.F32, 900, 64);
            kernels.fill(large, 1);
            Tensor sum = arena.allocate(DType.F32, 64);
            kernels.columnSum(large, sum);
            noted.prepare(0);
            recording.replay();
            assertThat(noted.results()).isEqualTo(called.results());
            assertThat(sum.toDoubles()).containsOnly(900);
        }
    }

    @Test
    void whatCannotBeNotedIsRefusedByNameAndWorkGoesOn() {
        Tensor x = arena.allocate(DType.F32, 8).copyFrom(new double[8]);
        assertThatThrownBy(() -> kernels.record(() -> x.toDoubles()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("nothing can be read inside Kernels.record");
        assertThatThrownBy(() -> kernels.record(() -> x.copyFrom(new double[8])))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("written");
        assertThatThrownBy(() -> kernels.record(() -> arena.allocate(DType.F32, 1 << 24)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("allocated");
        assertThatThrownBy(() -> kernels.record(() -> kernels.record(() -> kernels.fill(x, 3))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("recorded");
        assertThatThrownBy(() -> kernels.record(() -> kernels.convert(x, arena.allocate(DType.F32, 9))))
                .isInstanceOf(IllegalArgumentException.class);
        kernels.fill(x, 2);
        assertThat(x.toDoubles()).containsOnly(2);
        Recording recording = kernels.record(() -> kernels.add(x, x, x));
        recording.replay();
        recording.replay();
        assertThat(x.toDoubles()).containsOnly(8);
        recording.close();
        recording.close();
        assertThatThrownBy(recording::replay)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}
