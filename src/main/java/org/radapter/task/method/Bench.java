package org.radapter.task.method;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.data.ImageTextDataset;
import org.radapter.kernels.Kernels;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.FineTuner;
import org.radapter.train.ImagePreparation;
import org.radapter.train.TrainingListener;

/**
 * Where methods are tried: one frozen model and one budget for all. Vectors of the frozen model are computed once for
 * each data set. Not thread-safe.
 */
public final class Bench implements AutoCloseable {
    private final Kernels kernels;
    private final ClipParameters base;
    private final Tokenizer tokenizer;
    private final Budget budget;
    private final TrainingListener listener;
    private final TowerRecogniser zeroShot;
    private final Map<ImageTextDataset, float[][]> vectors = new HashMap<>();
    private final Map<FineTuneSettings, Run> runs = new HashMap<>();
    private @Nullable Lesson lesson;

    /**
     * A bench.
     *
     * @param base frozen weights, not changed, open as long as this is
     * @param tokenizer of the model
     * @param listener told of every step
     */
    public Bench(Kernels kernels, ClipParameters base, Tokenizer tokenizer, Budget budget, TrainingListener listener) {
        this.kernels = kernels;
        this.base = base;
        this.tokenizer = tokenizer;
        this.budget = budget;
        this.listener = listener;
        this.zeroShot = new TowerRecogniser(kernels, base, tokenizer, false);
    }

    Kernels kernels() {
        return kernels;
    }

    ClipParameters base() {
        return base;
    }

    Tokenizer tokenizer() {
        return tokenizer;
    }

    /** What every method may spend. */
    public Budget budget() {
        return budget;
    }

    TrainingListener listener() {
        return listener;
    }

    /** Unit vectors of images by the model before fine-tuning, prepared in some way. */
    float[][] embed(ImageTextDataset images, ImagePreparation preparation) {
        return zeroShot.images(images, preparation);
    }

    /** A run that is over, and how long it took. */
    record Run(FineTuned tuned, double seconds) {}

    /**
     * Trains, or finds the same run again if it was made since the last change of lesson: what two methods share is done
     * once. The result is closed with the next lesson, or with this.
     */
    Run run(Lesson learned, FineTuneSettings settings) throws IOException {
        if (!learned.equals(lesson)) {
            closeRuns();
            lesson = learned;
        }
        Run known = runs.get(settings);
        if (known == null) {
            long start = System.nanoTime();
            FineTuned tuned = new FineTuner(kernels, base, tokenizer)
                    .run(settings, learned.data(base.config(), settings.seed()), null, Integer.MAX_VALUE, listener);
            known = new Run(tuned, (System.nanoTime() - start) * 1e-9);
            runs.put(settings, known);
        }
        return known;
    }

    private void closeRuns() {
        runs.values().forEach(run -> run.tuned().close());
        runs.clear();
    }

    /** The model before fine-tuning; stays open as long as this is. */
    public Recogniser zeroShot() {
        return new Recogniser() {
            @Override
            public float[][] images(ImageTextDataset images) {
                return vectors.computeIfAbsent(images, zeroShot::images);
            }

            @Override
            public float[][] texts(List<String> texts) {
                return zeroShot.texts(texts);
            }

            @Override
            public Classifier classes(List<String> classNames, List<String> templates) {
                return zeroShot.classes(classNames, templates);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void close() {
        closeRuns();
        zeroShot.close();
    }
}
