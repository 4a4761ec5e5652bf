package org.radapter.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.kernels.jni.MeasuringKernels;
import org.radapter.loss.CrossEntropy;
import org.radapter.loss.MpmNce;
import org.radapter.loss.Objective;
import org.radapter.optim.Parameter;
import org.radapter.optim.ParameterSet;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * How much memory fine-tuning takes, known before it begins: one step is taken on kernels that compute nothing and count
 * what is allocated. Texts are taken to be as long as the model allows and all different, and adapters to have their gates
 * but not to be dropped: a real step takes no more. Images and ids of a batch, which lie on the Java heap, are not counted,
 * nor the images of two batches that a GPU has besides.
 */
public final class StepMemory {
    private final ClipConfig config;
    private final int threads;

    /**
     * Memory of a model.
     *
     * @param threads of the CPU backend, whose scratch memory depends on it; ≤ 0: as many as the process may use
     */
    public StepMemory(ClipConfig config, int threads) {
        this.config = config;
        this.threads = threads;
    }

    /**
     * Most bytes at once of a run with these settings: weights, their packed forms, adapters, moments, averages,
     * gradients and activations.
     *
     * @throws UnsupportedOperationException if the native library cannot be loaded
     */
    public long peakBytes(FineTuneSettings settings) {
        try (MeasuringKernels kernels = new MeasuringKernels(threads)) {
            run(kernels, settings);
            return kernels.peakBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The settings with as much memory for activations as a limit leaves: all are kept, or those of one shard at a time
     * and computed again for the backward pass. The result of a run is the same.
     *
     * @param limit most bytes at once
     * @throws IllegalArgumentException if one shard is too much; the message says how many shards would not be
     */
    public FineTuneSettings within(long limit, FineTuneSettings settings) {
        FineTuneSettings keeping =
                settings.toBuilder().activationBytes(Long.MAX_VALUE).build();
        if (peakBytes(keeping) <= limit) {
            return keeping;
        }
        FineTuneSettings again = settings.toBuilder().activationBytes(0).build();
        long least = peakBytes(again);
        if (least <= limit) {
            return again;
        }
        throw new IllegalArgumentException(refusal(limit, again, least));
    }

    private String refusal(long limit, FineTuneSettings settings, long least) {
        int shards = settings.training().shardsFor(settings.batch());
        String start = "a step in " + shards + " shards of " + (settings.batch() + shards - 1) / shards
                + " pairs takes " + mebibytes(least) + " MiB, the limit is " + mebibytes(limit) + " MiB; ";
        for (int more = 2 * shards; more <= settings.batch(); more *= 2) {
            long bytes = peakBytes(settings.toBuilder().shards(more).build());
            if (bytes <= limit) {
                return start + more + " shards would take " + mebibytes(bytes)
                        + " MiB (their sums differ from those of " + shards + " by rounding)";
            }
        }
        return start + "no number of shards makes it fit, for the model itself is too large";
    }

    private static long mebibytes(long bytes) {
        return (bytes + (1 << 20) - 1) >> 20;
    }

    private void run(MeasuringKernels kernels, FineTuneSettings settings) throws IOException {
        DType master = settings.activations().master();
        try (ClipParameters base = ClipParameters.frozen(kernels, master, config, new Zeros(config))) {
            if (settings.method().usesAdapters()) {
                try (AdapterParameters adapters = new AdapterParameters(
                        kernels,
                        master,
                        settings.adapter(),
                        ClipModel.adapterSites(config, settings.adapter().kind()),
                        settings.seed())) {
                    step(
                            kernels,
                            settings,
                            new ClipModel(kernels, base, settings.activations(), adapters),
                            adapters.set(),
                            null);
                }
                return;
            }
            try (ClipParameters tuned = ClipParameters.trained(
                    kernels, master, config, new Zeros(config), head(settings), settings.weightDecay())) {
                ClipModel model = new ClipModel(kernels, tuned, settings.activations(), null);
                if (settings.method() == Method.LORA) {
                    try (LowRankUpdate update = new LowRankUpdate(
                            kernels, base, tuned, settings.adapter().rank(), settings.seed())) {
                        step(kernels, settings, model, tuned.set(), update);
                    }
                } else {
                    step(kernels, settings, model, tuned.set(), null);
                }
            }
        }
    }

    private void step(
            MeasuringKernels kernels,
            FineTuneSettings settings,
            ClipModel model,
            ParameterSet trained,
            @Nullable WeightUpdate update) {
        Dropping dropping = new Dropping(
                settings.dropping().mode(), Math.min(settings.dropping().probability(), Double.MIN_VALUE));
        TrainSettings open = settings.toBuilder().dropping(dropping).build().training();
        try (model;
                Arena arena = kernels.device().arena("objective");
                Trainer trainer =
                        new Trainer(kernels, model, trained, update, objective(settings, trained, arena), open)) {
            trainer.step(batch(settings.batch()));
        }
    }

    /** The head that learns, with as many classes as a batch can hold. */
    private List<ParameterSet.Specification> head(FineTuneSettings settings) {
        return settings.learnedHead()
                ? List.of(ClassHead.specification(settings.batch(), config.embedDim(), settings.weightDecay()))
                : List.of();
    }

    private Objective objective(FineTuneSettings settings, ParameterSet trained, Arena arena) {
        if (settings.learnedHead()) {
            return new CrossEntropy(trained.parameter(CrossEntropy.HEAD), settings.smoothing());
        }
        if (settings.loss() == Loss.CROSS_ENTROPY) {
            Tensor head = arena.allocate(settings.activations().master(), settings.batch(), config.embedDim());
            return new CrossEntropy(Parameter.frozen(CrossEntropy.HEAD, head), settings.smoothing());
        }
        return new MpmNce(1, null, settings.margin(), settings.smoothing(), settings.multiplePositives());
    }

    /** Texts that differ, with their end in the last place. */
    private Batch batch(int size) {
        int side = config.image().imageSize();
        int context = config.text().contextLength();
        int highest = config.text().vocabularySize() - 1;
        int end = config.text().pooling().rule() == ClipConfig.EotPooling.Rule.FIRST
                ? config.text().pooling().eotTokenId()
                : highest;
        int[] ids = new int[size * context];
        int[] labels = new int[size];
        for (int i = 0; i < size; i++) {
            Arrays.fill(ids, i * context, (i + 1) * context, end == 0 ? 1 : 0);
            for (int t = 0, rest = i; t < context - 1; t++, rest /= 16) {
                int token = rest % 16;
                ids[i * context + t] = token >= end ? token + 1 : token;
            }
            ids[(i + 1) * context - 1] = end;
            labels[i] = i;
        }
        return new Batch(new float[size * 3 * side * side], ids, labels);
    }

    /** Weights that nobody reads. */
    private static final class Zeros extends MadeWeights {
        Zeros(ClipConfig config) {
            super(config);
        }

        @Override
        public void read(String name, Tensor into) {}

        @Override
        public void load(String name, Tensor into) {}
    }
}
