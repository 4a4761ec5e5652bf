package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.jni.MeasuringKernels;
import org.radapter.loss.MpmNce;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Device;
import org.radapter.tensor.Tensor;

class StepMemoryTest {
    private static final ClipConfig CONFIG = new ClipConfig(
            24,
            new ClipConfig.ImageTower(48, 3, 3, 192, 8, 32),
            new ClipConfig.TextTower(32, 2, 2, 128, 16, 300, ClipConfig.EotPooling.argmax()),
            true,
            ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
            ClipConfig.ImageNormalization.OPENAI);

    /** Counts what arenas give out, of whichever backend. */
    private static final class Counting implements Device {
        private final Device device;
        private long live;
        private long peak;

        Counting(Device device) {
            this.device = device;
        }

        @Override
        public String name() {
            return device.name();
        }

        @Override
        public boolean isHost() {
            return device.isHost();
        }

        private void count(long bytes) {
            live += bytes;
            peak = Math.max(peak, live);
        }

        @Override
        public Arena arena(String purpose) {
            Arena arena = device.arena(purpose);
            return new Arena() {
                @Override
                public Tensor allocate(DType dtype, long... shape) {
                    long before = arena.bytes();
                    Tensor tensor = arena.allocate(dtype, shape);
                    count(arena.bytes() - before);
                    return tensor;
                }

                @Override
                public long mark() {
                    return arena.mark();
                }

                @Override
                public void release(long mark) {
                    long before = arena.bytes();
                    arena.release(mark);
                    count(arena.bytes() - before);
                }

                @Override
                public long bytes() {
                    return arena.bytes();
                }

                @Override
                public long peakBytes() {
                    return arena.peakBytes();
                }

                @Override
                public void close() {
                    count(-arena.bytes());
                    arena.close();
                }
            };
        }
    }

    private static Kernels counted(Kernels kernels, Counting device) {
        return (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("device")) {
                        return device;
                    }
                    try {
                        return method.invoke(kernels, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** Most bytes of all arenas in two steps of fine-tuning. */
    private static long peak(Kernels backend, DType activations, int rank, long activationBytes, Dropping dropping) {
        Counting device = new Counting(backend.device());
        Kernels kernels = counted(backend, device);
        int batch = 70;
        int context = CONFIG.text().contextLength();
        int[] ids = new int[batch * context];
        int[] labels = new int[batch];
        for (int i = 0; i < batch; i++) {
            Arrays.fill(ids, i * context, (i + 1) * context - 1, 1 + i);
            ids[(i + 1) * context - 1] = 299;
            labels[i] = i / 2;
        }
        FineTuneSettings settings = FineTuneSettings.rAdapter(2, 1).toBuilder()
                .batch(batch)
                .adapter(rank == 0 ? AdapterConfig.FULL : AdapterConfig.lowRank(rank))
                .dropping(dropping)
                .activations(activations)
                .activationBytes(activationBytes)
                .build();
        try (ClipParameters base = ClipParameters.random(kernels, DType.F32, CONFIG, 0, 1);
                AdapterParameters adapters = new AdapterParameters(
                        kernels, DType.F32, settings.adapter(), ClipModel.adapterSites(CONFIG), 1);
                ClipModel model = new ClipModel(kernels, base, activations, adapters);
                Trainer trainer = new Trainer(
                        kernels, model, adapters.set(), new MpmNce(10, null, .05, .05), settings.training())) {
            for (int step = 0; step < 2; step++) {
                trainer.step(new Batch(new float[batch * 3 * 32 * 32], ids, labels));
            }
        }
        return device.peak;
    }

    @ParameterizedTest
    @CsvSource({
        "F32, 0, 9223372036854775807, MODULE, 0",
        "F32, 0, 0, MODULE, .2",
        "F32, 0, 0, MODULE, 0",
        "BF16, 0, 9223372036854775807, MODULE, 0",
        "BF16, 4, 0, MODULE, 0",
        "F32, 4, 100000, MODULE, 0",
        "F32, 0, 9223372036854775807, SAMPLE, .2",
        "F32, 4, 0, TOKEN_POSITION, .2"
    })
    void whatIsMeasuredIsWhatAStepAllocates(
            DType activations, int rank, long activationBytes, Dropping.Mode mode, double probability) {
        Dropping dropping = new Dropping(mode, probability);
        try (Kernels real = Backends.open("cpu");
                Kernels measuring = new MeasuringKernels(1)) {
            long expected = peak(real, activations, rank, activationBytes, dropping);
            assertThat(peak(measuring, activations, rank, activationBytes, dropping))
                    .isEqualTo(expected);
            assertThat(((MeasuringKernels) measuring).peakBytes()).isGreaterThan(expected);
        }
    }

    @Test
    void aLimitDecidesWhetherActivationsAreKept() {
        StepMemory memory = new StepMemory(CONFIG, 1);
        FineTuneSettings settings =
                FineTuneSettings.rAdapter(10, 1).toBuilder().batch(256).build();
        long kept = memory.peakBytes(
                settings.toBuilder().activationBytes(Long.MAX_VALUE).build());
        long again = memory.peakBytes(settings.toBuilder().activationBytes(0).build());
        assertThat(again).isLessThan(kept);
        assertThat(memory.within(kept, settings).activationBytes()).isEqualTo(Long.MAX_VALUE);
        assertThat(memory.within(kept - 1, settings).activationBytes()).isZero();
        assertThat(memory.within(again, settings).activationBytes()).isZero();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> memory.within(again - 1, settings))
                .withMessageMatching("a step in 8 shards of 32 pairs takes .* 16 shards would take .*");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> memory.within(1 << 20, settings))
                .withMessageContaining("the model itself is too large");
    }

    /** Values, two moments, an average and gradients of the head, a row for each pair of the batch. */
    @Test
    void aHeadThatLearnsIsMeasured() {
        StepMemory memory = new StepMemory(CONFIG, 1);
        FineTuneSettings fixed = FineTuneSettings.full(10, 1).toBuilder()
                .batch(64)
                .loss(Loss.CROSS_ENTROPY)
                .build();
        long more = memory.peakBytes(fixed.toBuilder().learnedHead(true).build()) - memory.peakBytes(fixed);
        assertThat(more).isGreaterThanOrEqualTo(4L * 64 * CONFIG.embedDim() * Float.BYTES);
    }

    /** Adapters with a gate for each sample cannot be absorbed, and apart they keep more. */
    @Test
    void gatesOfSamplesAreMeasuredToo() {
        StepMemory memory = new StepMemory(CONFIG, 1);
        FineTuneSettings settings = FineTuneSettings.rAdapter(10, 1);
        long module = memory.peakBytes(settings.toBuilder()
                .dropping(new Dropping(Dropping.Mode.MODULE, .2))
                .build());
        long sample = memory.peakBytes(settings.toBuilder()
                .dropping(new Dropping(Dropping.Mode.SAMPLE, .2))
                .build());
        assertThat(sample).isGreaterThan(module);
    }

    @Test
    void everyMethodIsMeasured() {
        StepMemory memory = new StepMemory(CONFIG, 1);
        long adapters = memory.peakBytes(FineTuneSettings.rAdapter(10, 1));
        assertThat(memory.peakBytes(FineTuneSettings.plainAdapter(10, 1))).isPositive();
        assertThat(memory.peakBytes(FineTuneSettings.full(10, 1))).isGreaterThan(adapters);
    }
}
