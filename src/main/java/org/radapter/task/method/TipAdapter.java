package org.radapter.task.method;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.image.Augmentation;
import org.radapter.data.ImageTextDataset;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.ImagePreparation;

/**
 * Tip-Adapter (Zhang et al., ECCV 2022), without training: {@code s f·t_c + a Σ_i exp(−b (1 − f·k_i)) [label i = c]},
 * where {@code s} is 1/τ and the keys {@code k_i} are training images, each the mean direction of ten augmentations. A
 * class that was not learned has no key.
 *
 * @param share a
 * @param sharpness b
 */
record TipAdapter(double share, double sharpness) implements Recipe {
    private static final int AUGMENTATIONS = 10;

    @Override
    public String name() {
        return "tip-adapter";
    }

    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) {
        long start = System.nanoTime();
        FrozenImages keys = keys(bench, lesson.train(), seed);
        Cache cache = new Cache(keys, lesson.train().classNames(), share, sharpness);
        return new ZeroShot.SingleModel(
                new WithHead(bench.zeroShot(), cache),
                0,
                (System.nanoTime() - start) * 1e-9,
                0,
                (long) Float.BYTES * keys.labels().length * keys.width());
    }

    private static FrozenImages keys(Bench bench, ImageTextDataset images, long seed) {
        ClipConfig config = bench.base().config();
        ImagePreparation augmented = DrawingPreparation.augmented(config, Augmentation.LIGHT, 0, seed);
        float[][] sum = new float[images.size()][config.embedDim()];
        for (int round = 0; round < AUGMENTATIONS; round++) {
            int step = round;
            float[][] vectors = bench.embed(
                    images,
                    (image, ignored, sample, target, offset) -> augmented.prepare(image, step, sample, target, offset));
            for (int i = 0; i < sum.length; i++) {
                for (int j = 0; j < sum[i].length; j++) {
                    sum[i][j] += vectors[i][j];
                }
            }
        }
        for (float[] each : sum) {
            normalise(each);
        }
        return new FrozenImages(sum, FrozenImages.labels(images));
    }

    private static void normalise(float[] vector) {
        double square = 0;
        for (float value : vector) {
            square += (double) value * value;
        }
        double norm = Math.max(Math.sqrt(square), 1e-12);
        for (int i = 0; i < vector.length; i++) {
            vector[i] /= (float) norm;
        }
    }

    /**
     * Logits by texts and nearness to keys.
     *
     * @param learned names of the keys' classes
     * @param share a
     * @param sharpness b
     */
    record Cache(FrozenImages keys, List<String> learned, double share, double sharpness) implements WithHead.Head {
        @Override
        public Recogniser.Classifier of(List<String> classNames, Recogniser.Classifier zeroShot) {
            Map<String, Integer> places = new HashMap<>();
            for (int c = 0; c < classNames.size(); c++) {
                places.put(classNames.get(c), c);
            }
            int[] target = learned.stream()
                    .mapToInt(name -> places.getOrDefault(name, -1))
                    .toArray();
            return image -> {
                double[] logits = zeroShot.logits(image);
                for (int k = 0; k < keys.labels().length; k++) {
                    int place = target[keys.labels()[k]];
                    if (place >= 0) {
                        logits[place] += share * Math.exp(-sharpness * (1 - cosine(image, keys.vectors()[k])));
                    }
                }
                return logits;
            };
        }

        private static double cosine(float[] a, float[] b) {
            double sum = 0;
            for (int i = 0; i < a.length; i++) {
                sum += (double) a[i] * b[i];
            }
            return sum;
        }
    }
}
