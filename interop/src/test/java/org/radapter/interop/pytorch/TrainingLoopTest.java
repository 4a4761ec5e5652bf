package org.radapter.interop.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.AdapterSite;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.interop.pytorch.PyTorchAdamWEma.Group;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.loss.MpmNce;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.Schedule;
import org.radapter.tensor.DType;
import org.radapter.train.Batch;
import org.radapter.train.ModelCopies;
import org.radapter.train.TrainSettings;
import org.radapter.train.Trainer;

/** A loop of libtorch's with our loss, adapters and optimiser takes the steps that our own trainer takes. */
class TrainingLoopTest {
    private static final int BATCH = 12;
    private static final int STEPS = 4;
    private static final int PROMPT = 7;
    private static final double RATE = 1e-3;
    private static final double SCALE = 14;
    private static final double MARGIN = .05;
    private static final double SMOOTHING = .05;
    private static final AdamWEma.Settings OPTIMIZER = AdamWEma.Settings.PAPER.withAverageDecay(.6);
    private static final ClipConfig CONFIG = new ClipConfig(
            24,
            new ClipConfig.ImageTower(48, 2, 3, 192, 8, 32),
            new ClipConfig.TextTower(32, 2, 2, 128, 16, 300, ClipConfig.EotPooling.argmax()),
            false,
            ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
            ClipConfig.ImageNormalization.OPENAI);

    @Test
    void aLoopOfLibtorchTakesOurTrainersSteps() throws IOException {
        try (Kernels kernels = Backends.open("cpu");
                ClipParameters random = ClipParameters.random(kernels, DType.F32, CONFIG, 0, 5);
                ClipParameters base = ModelCopies.frozen(kernels, random, ModelCopies.values(random));
                AdapterParameters ours = adapters(kernels);
                AdapterParameters theirs = adapters(kernels)) {
            List<Double> losses = train(kernels, base, ours);
            PyTorchAdapter adapter = new PyTorchAdapter(kernels);
            TorchClip clip = new TorchClip(base, theirs, adapter);
            List<Group> groups =
                    clip.weights().values().stream().map(w -> new Group(w, 0)).toList();
            try (PyTorchMpmNce mpmNce = new PyTorchMpmNce(kernels, MARGIN, SMOOTHING);
                    PyTorchAdamWEma optimizer = new PyTorchAdamWEma(kernels, groups, OPTIMIZER)) {
                Tensor images = images();
                Tensor ids = Tensor.create(ids(), BATCH, CONFIG.text().contextLength());
                for (int step = 0; step < STEPS; step++) {
                    Tensor loss = mpmNce.loss(
                            clip.embedImages(images),
                            clip.embedTexts(ids.toType(ScalarType.Long), PROMPT - 1),
                            labels(),
                            SCALE);
                    assertThat((double) loss.item_float()).isCloseTo(losses.get(step), within(1e-4));
                    optimizer.clearGradients();
                    loss.backward();
                    optimizer.step(RATE);
                }
                assertThat(optimizer.steps()).isEqualTo(STEPS);
                int i = 0;
                for (AdapterSite site : ours.sites()) {
                    double[] start = start(site);
                    double[] end = ours.of(site).down().value().toDoubles();
                    // trained in place: the loop's weights are these adapters' own memory
                    assertThat(distance(theirs.of(site).down().value().toDoubles(), end, start))
                            .as(site.name())
                            .isLessThan(2e-3);
                    double[] average =
                            PyTorchTensors.view(optimizer.average(i++)).toDoubles();
                    assertThat(distance(average, ours.averaged(site.name() + ".w", null), start))
                            .as("average of " + site.name())
                            .isLessThan(2e-3);
                }
            }
        }
    }

    private static List<Double> train(Kernels kernels, ClipParameters base, AdapterParameters adapters) {
        TrainSettings settings = TrainSettings.of(1, new Schedule(RATE, RATE, 0, STEPS), OPTIMIZER, Dropping.NONE);
        Batch batch = new Batch(PyTorchTensors.view(images()).toFloats(), ids(), labels());
        try (ClipModel model = new ClipModel(kernels, base, DType.F32, adapters);
                Trainer trainer = new Trainer(
                        kernels, model, adapters.set(), new MpmNce(SCALE, null, MARGIN, SMOOTHING), settings)) {
            return IntStream.range(0, STEPS)
                    .mapToObj(step -> trainer.step(batch).loss())
                    .toList();
        }
    }

    private static AdapterParameters adapters(Kernels kernels) {
        AdapterParameters adapters =
                new AdapterParameters(kernels, DType.F32, AdapterConfig.FULL, ClipModel.adapterSites(CONFIG), 1);
        for (AdapterSite site : adapters.sites()) {
            adapters.of(site).down().value().copyFrom(start(site));
        }
        adapters.set().resetAverages();
        return adapters;
    }

    /** Not zero, so that an adapter counts from the first step on. */
    private static double[] start(AdapterSite site) {
        Tensor values = Torch.normal(site.name().hashCode(), .2 / Math.sqrt(site.width()), site.width(), site.width());
        return PyTorchTensors.view(values.toType(ScalarType.Float)).toDoubles();
    }

    private static Tensor images() {
        int size = CONFIG.image().imageSize();
        return Torch.normal(7, 1, BATCH, 3, size, size).toType(ScalarType.Float);
    }

    /** Texts of one length; the end has the highest id. */
    private static int[] ids() {
        int context = CONFIG.text().contextLength();
        int end = CONFIG.text().vocabularySize() - 1;
        Random random = new Random(3);
        int[] ids = new int[BATCH * context];
        for (int i = 0; i < BATCH; i++) {
            for (int t = 0; t < PROMPT - 1; t++) {
                ids[i * context + t] = 1 + random.nextInt(end - 2);
            }
            ids[i * context + PROMPT - 1] = end;
        }
        return ids;
    }

    private static int[] labels() {
        int[] labels = new int[BATCH];
        for (int i = 0; i < BATCH; i++) {
            labels[i] = i % 5;
        }
        return labels;
    }

    /** How far {@code x} is from {@code y}, as a share of how far {@code y} went from {@code start}. */
    private static double distance(double[] x, double[] y, double[] start) {
        double apart = 0;
        double way = 0;
        for (int i = 0; i < y.length; i++) {
            apart += (x[i] - y[i]) * (x[i] - y[i]);
            way += (y[i] - start[i]) * (y[i] - start[i]);
        }
        assertThat(way).isPositive();
        return Math.sqrt(apart / way);
    }
}
