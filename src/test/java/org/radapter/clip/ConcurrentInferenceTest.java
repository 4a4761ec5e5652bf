package org.radapter.clip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.CounterRandom;
import org.radapter.tensor.DType;

/** One model serves many threads, each as if it were alone. */
class ConcurrentInferenceTest {
    private static final int THREADS = 16;
    private static final int CALLS = 12;
    private static final ClipConfig CONFIG = new ClipConfig(
            24,
            new ClipConfig.ImageTower(48, 3, 3, 192, 8, 32),
            new ClipConfig.TextTower(32, 2, 2, 128, 16, 300, ClipConfig.EotPooling.argmax()),
            true,
            ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
            ClipConfig.ImageNormalization.OPENAI);

    @Test
    void sixteenThreadsGetWhatOneGets() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try (Kernels kernels = Backends.open("cpu");
                ClipParameters weights = ClipParameters.random(kernels, DType.F32, CONFIG, 0, 1);
                ClipModel model = new ClipModel(kernels, weights, DType.F32, null)) {
            List<Callable<float[][]>> calls = new ArrayList<>();
            for (int i = 0; i < THREADS * CALLS; i++) {
                int number = i;
                calls.add(() -> number % 2 == 0
                        ? model.embedImages(images(number, 1 + number % 5))
                        : model.embedTexts(texts(number, 1 + number % 7)));
            }
            List<Future<float[][]>> together = threads.invokeAll(calls, 2, TimeUnit.MINUTES);
            for (int i = 0; i < calls.size(); i++) {
                assertThat(together.get(i).get())
                        .as("call %d", i)
                        .isDeepEqualTo(calls.get(i).call());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static float[] images(int seed, int count) {
        float[] pixels = new float[count * 3 * 32 * 32];
        CounterRandom random = new CounterRandom(seed);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.normal(0, 0, i);
        }
        return pixels;
    }

    /** Texts of different lengths; the end has the highest id. */
    private static int[] texts(int seed, int count) {
        int[] ids = new int[count * 16];
        for (int i = 0; i < count; i++) {
            int end = 1 + (seed + 3 * i) % 15;
            for (int t = 0; t < end; t++) {
                ids[i * 16 + t] = (seed * 31 + i * 7 + t * t) % 299;
            }
            ids[i * 16 + end] = 299;
        }
        return ids;
    }
}
