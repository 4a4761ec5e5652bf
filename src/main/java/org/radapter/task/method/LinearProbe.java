package org.radapter.task.method;

import java.util.List;

/**
 * Multinomial logistic regression on frozen image vectors (Radford et al., 2021): {@code softmax(W f / τ)}, begun at
 * zero. Classes that were not learned are told apart by the frozen model, for a probe knows no words.
 *
 * @param learningRate highest of the schedule
 * @param weightDecay decoupled
 */
record LinearProbe(double learningRate, double weightDecay) implements Recipe {
    @Override
    public String name() {
        return "linear-probe";
    }

    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) {
        long start = System.nanoTime();
        double[] weights = weights(bench, bench.budget(), lesson, seed);
        List<String> learned = lesson.train().classNames();
        Recogniser model = WithHead.learned(
                bench.zeroShot(), learned, weights, bench.base().logitScale());
        long images = (long) lesson.train().size() * weights.length / learned.size();
        return new ZeroShot.SingleModel(
                model,
                bench.budget().steps(),
                (System.nanoTime() - start) * 1e-9,
                weights.length,
                Float.BYTES * images + 4L * Double.BYTES * weights.length);
    }

    /** W row by row, [classes · embedDim]. */
    double[] weights(Bench bench, Budget budget, Lesson lesson, long seed) {
        FrozenImages train = FrozenImages.of(bench.zeroShot(), lesson.train());
        int classes = lesson.train().classNames().size();
        return SmallAdam.minimise(
                new Regression(train, classes, bench.base().logitScale()),
                new double[classes * train.width()],
                budget,
                learningRate,
                weightDecay,
                seed);
    }

    /**
     * {@code W f / τ}.
     *
     * @param scale 1/τ
     */
    static Recogniser.Classifier classifier(double[] weights, double scale) {
        return image -> {
            double[] vector = Softmax.doubles(image);
            double[] logits = new double[weights.length / vector.length];
            for (int c = 0; c < logits.length; c++) {
                logits[c] = scale * Softmax.dot(weights, c * vector.length, vector);
            }
            return logits;
        };
    }

    /**
     * Cross-entropy of {@code W f / τ}.
     *
     * @param scale 1/τ
     */
    record Regression(FrozenImages train, int classes, double scale) implements SmallAdam.Loss {
        @Override
        public int images() {
            return train.labels().length;
        }

        @Override
        public double evaluate(double[] parameters, int[] images, double[] gradient) {
            double sum = 0;
            for (int image : images) {
                double[] vector = Softmax.doubles(train.vectors()[image]);
                double[] logits = new double[classes];
                for (int c = 0; c < classes; c++) {
                    logits[c] = scale * Softmax.dot(parameters, c * vector.length, vector);
                }
                sum += Softmax.lossAndGradient(logits, train.labels()[image]);
                for (int c = 0; c < classes; c++) {
                    double factor = scale * logits[c] / images.length;
                    for (int i = 0; i < vector.length; i++) {
                        gradient[c * vector.length + i] += factor * vector[i];
                    }
                }
            }
            return sum / images.length;
        }
    }
}
