package org.radapter.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.AdapterSite;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.Schedule;
import org.radapter.tensor.DType;
import org.radapter.train.Batch;
import org.radapter.train.StepReport;
import org.radapter.train.TrainSettings;
import org.radapter.train.Trainer;

/** A training step of ours, as fine-tuning takes it. */
final class NativeStep extends NativeOperation {
    private static final int NEVER_ENDING = 1 << 30;

    private final StepResults results = new StepResults();
    private final ClipParameters weights;
    private final AdapterParameters adapters;
    private final ClipModel model;
    private final Trainer trainer;
    private final Batch batch;

    NativeStep(ClipCase clip, Precision precision) {
        try {
            weights = ClipParameters.frozen(kernels(), DType.F32, clip.config(), clip);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        adapters = new AdapterParameters(
                kernels(),
                DType.F32,
                new AdapterConfig(0, Step.SCALE, true),
                ClipModel.adapterSites(clip.config()),
                Step.SEED);
        for (AdapterSite site : adapters.sites()) {
            adapters.of(site).down().value().copyFrom(clip.adapter(site));
        }
        adapters.set().resetAverages();
        model = new ClipModel(kernels(), weights, precision.dtype(), adapters);
        trainer = new Trainer(
                kernels(),
                model,
                adapters.set(),
                new org.radapter.loss.MpmNce(1 / MpmNce.TAU, null, MpmNce.MARGIN, MpmNce.SMOOTHING),
                TrainSettings.of(
                        Step.SEED,
                        new Schedule(Step.RATE, Step.RATE, 0, NEVER_ENDING),
                        AdamWEma.Settings.PAPER.withAverageDecay(Step.DECAY),
                        Dropping.PAPER));
        batch = new Batch(clip.images(), clip.ids(), clip.labels());
    }

    @Override
    public void run() {
        StepReport report = trainer.step(batch);
        results.add(report.loss(), report.gradientNorm());
    }

    @Override
    public Map<String, float[]> results() {
        return results.all(adapters.sites().stream()
                .map(site -> adapters.of(site).down().value().toFloats())
                .toList());
    }

    @Override
    public void close() {
        trainer.close();
        model.close();
        adapters.close();
        weights.close();
        super.close();
    }
}
