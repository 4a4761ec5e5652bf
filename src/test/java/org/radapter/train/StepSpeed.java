package org.radapter.train;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.loss.MpmNce;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.Schedule;
import org.radapter.tensor.DType;

/**
 * Times whole training steps of R-Adapter on published geometries with random weights: {@code StepSpeed DEVICE [--small]}.
 * A JSON object a line, in the form of {@code scripts/cuda-host/peer.py}, which times the same step in PyTorch. The texts
 * are of full length and all different, which is the most work a step can be.
 */
final class StepSpeed {
    private static final int NEVER_ENDING = 1 << 30;
    private static final long ACTIVATION_BYTES = 40L << 30;
    private static final int WARM = 3;
    private static final int TIMED = 7;

    private StepSpeed() {}

    /** A model's geometry and the pairs of a step. */
    private record Geometry(String name, ClipConfig config, int batch) {
        static Geometry of(String name, int embedDim, int width, int layers, int patch, int text, int batch) {
            return new Geometry(
                    name,
                    new ClipConfig(
                            embedDim,
                            new ClipConfig.ImageTower(width, layers, width / 64, 4 * width, patch, 224),
                            new ClipConfig.TextTower(
                                    text, 12, text / 64, 4 * text, 77, 49408, ClipConfig.EotPooling.argmax()),
                            true,
                            ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
                            new ClipConfig.ImageNormalization(List.of(0., 0., 0.), List.of(1., 1., 1.))),
                    batch);
        }
    }

    /**
     * Times the steps.
     *
     * @param arguments the device, and {@code --small} for two steps of a tiny model, whose times say nothing
     */
    public static void main(String[] arguments) throws IOException {
        boolean small = Arrays.asList(arguments).contains("--small");
        List<Geometry> geometries = small
                ? List.of(new Geometry("tiny", TinyClip.CONFIG, 8))
                : List.of(
                        Geometry.of("ViT-B/16", 512, 768, 12, 16, 512, 512),
                        Geometry.of("ViT-L/14", 768, 1024, 24, 14, 768, 256));
        try (Kernels kernels = Backends.open(arguments[0])) {
            for (Geometry geometry : geometries) {
                try (ClipParameters weights = ClipParameters.frozen(
                        kernels, DType.F32, geometry.config(), new RandomWeights(geometry.config()))) {
                    for (DType dtype : List.of(DType.BF16, DType.F32)) {
                        for (boolean fixedShapes : new boolean[] {true, false}) {
                            report(kernels, weights, geometry, dtype, fixedShapes, small ? 1 : WARM, small ? 1 : TIMED);
                        }
                    }
                }
            }
        }
    }

    private static void report(
            Kernels kernels,
            ClipParameters weights,
            Geometry geometry,
            DType dtype,
            boolean fixedShapes,
            int warm,
            int timed) {
        String result;
        try {
            double[] seconds = times(kernels, weights, geometry, dtype, fixedShapes, warm, timed);
            double median = seconds[seconds.length / 2];
            result = String.format(
                    Locale.ROOT, "\"ms\": %.3f, \"pairs_per_second\": %.1f", 1e3 * median, geometry.batch() / median);
        } catch (OutOfMemoryError e) {
            result = "\"failed\": \"out of memory\"";
        }
        System.out.printf(
                Locale.ROOT,
                "{\"work\": \"step\", \"shape\": \"%s x %d\", \"dtype\": \"%s\", \"peer\": \"radapter%s\", %s}%n",
                geometry.name(),
                geometry.batch(),
                dtype == DType.BF16 ? "bf16" : "fp32",
                fixedShapes ? ", recorded" : "",
                result);
        System.out.flush();
    }

    /** Sorted; reading the loss ends each step. */
    private static double[] times(
            Kernels kernels,
            ClipParameters weights,
            Geometry geometry,
            DType dtype,
            boolean fixedShapes,
            int warm,
            int timed) {
        TrainSettings settings = new TrainSettings(
                        1,
                        new Schedule(1e-5, 1e-5, 0, NEVER_ENDING),
                        AdamWEma.Settings.PAPER,
                        Dropping.PAPER,
                        0,
                        ACTIVATION_BYTES,
                        true)
                .withFixedShapes(fixedShapes);
        try (AdapterParameters adapters = new AdapterParameters(
                        kernels, DType.F32, AdapterConfig.FULL, ClipModel.adapterSites(geometry.config()), 1);
                ClipModel model = new ClipModel(kernels, weights, dtype, adapters);
                Trainer trainer =
                        new Trainer(kernels, model, adapters.set(), new MpmNce(100, null, .05, .05), settings)) {
            Batch batch = batch(geometry);
            double[] seconds = new double[timed];
            for (int step = 0; step < warm + timed; step++) {
                long start = System.nanoTime();
                double loss = trainer.step(batch).loss();
                if (!Double.isFinite(loss)) {
                    throw new IllegalStateException("the loss of " + geometry.name() + " is " + loss);
                }
                if (step >= warm) {
                    seconds[step - warm] = (System.nanoTime() - start) / 1e9;
                }
            }
            Arrays.sort(seconds);
            return seconds;
        }
    }

    private static Batch batch(Geometry geometry) {
        SplittableRandom random = new SplittableRandom(2);
        ClipConfig config = geometry.config();
        int size = config.image().imageSize();
        int context = config.text().contextLength();
        float[] images = new float[geometry.batch() * 3 * size * size];
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) random.nextDouble(-2, 2);
        }
        int end = config.text().vocabularySize() - 1;
        int[] ids = new int[geometry.batch() * context];
        int[] labels = new int[geometry.batch()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = i % context == context - 1 ? end : random.nextInt(end);
        }
        Arrays.setAll(labels, i -> i / 4);
        return new Batch(images, ids, labels);
    }
}
