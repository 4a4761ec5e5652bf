package org.radapter.task.method;

import java.io.IOException;
import java.util.List;
import org.radapter.data.ImageTextDataset;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.StepMemory;

/**
 * A run whose logits are mixed with those of the model before, image by image: adapters on and off, the surer counts
 * more. With entropies {@code H} of both softmaxes, {@code α = H_off / (H_on + H_off)} and
 * {@code z = α z_on + (1−α) z_off}. Nothing is chosen on any image but the one that is told apart; an image takes two
 * forward passes.
 *
 * @param name in tables
 * @param tower the run, which is shared with the method it is taken from
 */
record AlphaPerImage(String name, TowerRecipe tower) implements Recipe {
    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) throws IOException {
        FineTuneSettings settings = tower.within(bench.budget(), lesson, seed);
        Bench.Run run = bench.run(lesson, settings);
        Recogniser on = new TowerRecogniser(bench.kernels(), run.tuned().merged(1), bench.tokenizer(), true);
        return new ZeroShot.SingleModel(
                new Both(on, bench.zeroShot()),
                settings.schedule().steps(),
                run.seconds(),
                run.tuned().trainedParameters(),
                new StepMemory(bench.base().config(), 0).peakBytes(settings));
    }

    /**
     * Two models as one: a vector is those of both, each divided by √2, so that a cosine is the mean of theirs.
     *
     * @param on adapters on
     * @param off adapters off
     */
    record Both(Recogniser on, Recogniser off) implements Recogniser {
        private static final float HALF = (float) Math.sqrt(.5);

        @Override
        public float[][] images(ImageTextDataset images) {
            return joined(on.images(images), off.images(images));
        }

        @Override
        public float[][] texts(List<String> texts) {
            return joined(on.texts(texts), off.texts(texts));
        }

        private static float[][] joined(float[][] first, float[][] second) {
            float[][] joined = new float[first.length][];
            for (int i = 0; i < joined.length; i++) {
                int width = first[i].length;
                joined[i] = new float[2 * width];
                for (int j = 0; j < width; j++) {
                    joined[i][j] = HALF * first[i][j];
                    joined[i][width + j] = HALF * second[i][j];
                }
            }
            return joined;
        }

        @Override
        public Classifier classes(List<String> classNames, List<String> templates) {
            Classifier withAdapters = on.classes(classNames, templates);
            Classifier without = off.classes(classNames, templates);
            return image -> mixed(withAdapters.logits(half(image, 0)), without.logits(half(image, 1)));
        }

        private static float[] half(float[] joined, int which) {
            float[] half = new float[joined.length / 2];
            for (int i = 0; i < half.length; i++) {
                half[i] = joined[which * half.length + i] / HALF;
            }
            return half;
        }

        /** The mean of both logits where neither model doubts. */
        static double[] mixed(double[] on, double[] off) {
            double doubtOn = Softmax.entropy(on);
            double doubtOff = Softmax.entropy(off);
            double alpha = doubtOn + doubtOff == 0 ? .5 : doubtOff / (doubtOn + doubtOff);
            double[] mixed = new double[on.length];
            for (int c = 0; c < mixed.length; c++) {
                mixed[c] = alpha * on[c] + (1 - alpha) * off[c];
            }
            return mixed;
        }

        @Override
        public void close() {
            on.close();
        }
    }
}
