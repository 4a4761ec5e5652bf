package org.radapter.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.loss.MpmNce;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.Schedule;
import org.radapter.tensor.DType;

/** All that a fine-tuning does, from opening a backend to closing it, on a {@link TinyClip}. */
public final class TinyTraining {
    private static final int BATCH = 12;

    private TinyTraining() {}

    /**
     * Makes a model, trains two steps on the CPU, saves and restores a checkpoint, and closes everything.
     *
     * @return the losses of both steps
     */
    public static double[] run(Path folder) throws IOException {
        return run(folder, DoubleSupplier::getAsDouble);
    }

    /**
     * The same.
     *
     * @param taker takes a step, which gives its loss, and gives the loss on
     */
    public static double[] run(Path folder, ToDoubleFunction<DoubleSupplier> taker) throws IOException {
        AdapterConfig config = new AdapterConfig(3, .1, true);
        TrainSettings settings = new TrainSettings(
                5,
                new Schedule(1e-2, 1e-6, 2, 4),
                AdamWEma.Settings.PAPER,
                new Dropping(Dropping.Mode.SAMPLE, .4),
                2,
                Long.MAX_VALUE,
                false);
        try (Kernels kernels = Backends.open("cpu");
                ClipParameters weights = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                AdapterParameters adapters =
                        new AdapterParameters(kernels, DType.F32, config, ClipModel.adapterSites(TinyClip.CONFIG), 4);
                ClipModel model = new ClipModel(kernels, weights, DType.F32, adapters);
                Trainer trainer =
                        new Trainer(kernels, model, adapters.set(), new MpmNce(14, null, .05, .02), settings)) {
            Checkpoint checkpoint = new Checkpoint(folder, Map.of());
            double first = taker.applyAsDouble(
                    () -> trainer.step(TinyClip.batch(BATCH, 0)).loss());
            double second = taker.applyAsDouble(
                    () -> trainer.step(TinyClip.batch(BATCH, 1)).loss());
            checkpoint.save(trainer);
            checkpoint.restore(trainer);
            return new double[] {first, second};
        }
    }
}
