package org.radapter.task.method;

import java.util.List;

/**
 * Multinomial logistic regression on frozen image vectors (Radford et al., 2021): {@code softmax(W f / τ)}, begun at
 * zero. Learning rate and weight decay are chosen on validation. Classes that were not learned are told apart by the
 * frozen model, for a probe knows no words.
 */
record LinearProbe() implements Recipe {
    private static final List<Trial> TRIALS = List.of(
            new Trial(.003, 0),
            new Trial(.01, 0),
            new Trial(.03, 0),
            new Trial(.003, .1),
            new Trial(.01, .1),
            new Trial(.03, .1));

    private record Trial(double learningRate, double weightDecay) {}

    @Override
    public String name() {
        return "linear-probe";
    }

    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) {
        long start = System.nanoTime();
        double[] weights = weights(bench, bench.budget(), lesson, seed);
        List<String> learned = lesson.train().classNames();
        Recogniser model = new WithHead(
                bench.zeroShot(), (names, zeroShot) -> names.equals(learned) ? classifier(weights) : zeroShot);
        long images = (long) lesson.train().size() * weights.length / learned.size();
        return new ZeroShot.SingleModel(
                model,
                bench.budget().steps(),
                (System.nanoTime() - start) * 1e-9,
                weights.length,
                Float.BYTES * images + 4L * Double.BYTES * weights.length);
    }

    /** W row by row, [classes · embedDim]. */
    static double[] weights(Bench bench, Budget budget, Lesson lesson, long seed) {
        FrozenImages train = FrozenImages.of(bench.zeroShot(), lesson.train());
        FrozenImages validation = FrozenImages.of(bench.zeroShot(), lesson.validation());
        int classes = lesson.train().classNames().size();
        Regression loss = new Regression(train, classes, bench.base().logitScale());
        double[] best = {};
        double highest = -1;
        for (Trial trial : TRIALS) {
            double[] weights = SmallAdam.minimise(
                    loss, new double[classes * train.width()], budget, trial.learningRate(), trial.weightDecay(), seed);
            double accuracy = validation.accuracy(classifier(weights));
            if (accuracy > highest) {
                highest = accuracy;
                best = weights;
            }
        }
        return best;
    }

    static Recogniser.Classifier classifier(double[] weights) {
        return image -> {
            double[] vector = Softmax.doubles(image);
            double[] scores = new double[weights.length / vector.length];
            for (int c = 0; c < scores.length; c++) {
                scores[c] = Softmax.dot(weights, c * vector.length, vector);
            }
            return scores;
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
