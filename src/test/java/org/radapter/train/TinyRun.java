package org.radapter.train;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.ClipShapes;
import org.radapter.kernels.Kernels;
import org.radapter.loss.MpmNce;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.ParameterSet;
import org.radapter.optim.Schedule;
import org.radapter.tensor.DType;

/** A training run of {@link TinyClip}, of each kind of thing that is trained. */
final class TinyRun implements AutoCloseable {
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

    private final ClipParameters random;
    private final ClipParameters frozen;
    private final @Nullable AdapterParameters adapters;
    private final ClipModel model;
    private final Trainer trainer;
    private final List<Double> losses = new ArrayList<>();
    private double[] moments = {};

    /** Losses, gradients (as first moments after the first step), and averages of what was trained. */
    record Result(double[] losses, double[] moments, double[] averages) {
        /** All of them. */
        double[] numbers() {
            return Stream.of(losses, moments, averages)
                    .flatMapToDouble(DoubleStream::of)
                    .toArray();
        }
    }

    /** Three shards, everything kept. */
    static TrainSettings settings(Kind kind, int steps) {
        return new TrainSettings(
                5,
                new Schedule(1e-2, 1e-6, 2, steps),
                AdamWEma.Settings.PAPER.withAverageDecay(.9),
                kind.adapter == null ? Dropping.NONE : new Dropping(kind.mode, .4),
                3,
                Long.MAX_VALUE,
                true);
    }

    TinyRun(Kernels kernels, DType weights, DType activations, Kind kind, TrainSettings settings) {
        this.random = ClipParameters.random(kernels, weights, TinyClip.CONFIG, .1, 3);
        try {
            this.frozen = ModelCopies.frozen(kernels, random, ModelCopies.values(random));
        } catch (IOException e) {
            throw new AssertionError("nothing is read from a file", e);
        }
        if (kind.adapter == null) {
            this.adapters = null;
            this.model = new ClipModel(kernels, random, activations, null);
            MpmNce loss = new MpmNce(0, random.get(ClipShapes.LOGIT_SCALE), .05, .02);
            this.trainer = new Trainer(kernels, model, random.set(), loss, settings);
        } else {
            this.adapters =
                    new AdapterParameters(kernels, weights, kind.adapter, ClipModel.adapterSites(TinyClip.CONFIG), 4);
            this.model = new ClipModel(kernels, frozen, activations, adapters);
            this.trainer = new Trainer(kernels, model, adapters.set(), new MpmNce(14, null, .05, .02), settings);
        }
    }

    Trainer trainer() {
        return trainer;
    }

    private ParameterSet trained() {
        return trainer.optimizer().parameters();
    }

    /** Takes steps on random batches until so many are taken. */
    TinyRun train(int batch, int steps) {
        while (trainer.nextStep() < steps) {
            step(TinyClip.batch(batch, trainer.nextStep()));
        }
        return this;
    }

    void step(Batch batch) {
        losses.add(trainer.step(batch).loss());
        moments = trainer.nextStep() == 1 ? trained().expAvg().toDoubles() : moments;
    }

    Result result() {
        return new Result(
                losses.stream().mapToDouble(Double::doubleValue).toArray(),
                moments,
                trained().averages().toDoubles());
    }

    @Override
    public void close() {
        trainer.close();
        model.close();
        if (adapters != null) {
            adapters.close();
        }
        frozen.close();
        random.close();
    }
}
