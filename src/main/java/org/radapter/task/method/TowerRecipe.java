package org.radapter.task.method;

import java.io.IOException;
import java.util.List;
import org.radapter.adapter.AdapterParameters;
import org.radapter.clip.ClipParameters;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.FineTuner;
import org.radapter.train.Loss;
import org.radapter.train.Method;
import org.radapter.train.StepMemory;

/**
 * A method of {@link FineTuner}'s: adapters in both towers, or all their weights.
 *
 * @param name in tables
 * @param settings for a budget and a seed; the budget's steps and batch are put in by this
 * @param line whether the result is measured at α below 1 too
 * @param fixedAlpha of the method's source; NaN to choose on validation
 */
record TowerRecipe(String name, Settings settings, boolean line, double fixedAlpha) implements Recipe {
    /** Settings of a method for so many steps. */
    @FunctionalInterface
    interface Settings {
        /** The settings. */
        FineTuneSettings of(int steps, long seed);
    }

    /** The same with another highest learning rate. */
    TowerRecipe withRate(double learningRate) {
        return new TowerRecipe(
                name, (steps, seed) -> Recipes.withRate(settings.of(steps, seed), learningRate), line, fixedAlpha);
    }

    /**
     * What runs on a bench: the settings within its budget. Where images are learned with captions instead of classes,
     * cross-entropy over classes gives way to CLIP's own loss over pairs.
     */
    FineTuneSettings within(Budget budget, Lesson lesson, long seed) {
        FineTuneSettings own = settings.of(budget.steps(), seed).toBuilder()
                .batch(budget.batch())
                .build();
        return lesson.captioned() && own.loss() == Loss.CROSS_ENTROPY
                ? own.toBuilder()
                        .loss(Loss.MPM_NCE)
                        .learnedHead(false)
                        .multiplePositives(false)
                        .build()
                : own;
    }

    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) throws IOException {
        FineTuneSettings own = within(bench.budget(), lesson, seed);
        Bench.Run run = bench.run(lesson, own);
        long peak = new StepMemory(bench.base().config(), 0).peakBytes(own);
        return new Line(
                bench,
                run,
                lesson.train().classNames(),
                own.schedule().steps(),
                trainedParameters(bench, own, run.tuned()),
                peak,
                line ? bench.budget().curve() : Learned.SINGLE,
                fixedAlpha);
    }

    /** How many numbers a run moved. */
    static long trainedParameters(Bench bench, FineTuneSettings settings, FineTuned tuned) {
        return settings.method() == Method.FULL && settings.loss() == Loss.CROSS_ENTROPY
                ? tuned.trainedParameters() - sizeBesidesImages(bench.base())
                : tuned.trainedParameters();
    }

    /** Cross-entropy moves none of these. */
    private static long sizeBesidesImages(ClipParameters weights) {
        return weights.all().stream()
                .filter(weight -> !weight.name().startsWith("visual."))
                .mapToLong(weight -> weight.value().size())
                .sum();
    }

    /** Models between the start and the end of a run, which the bench closes. */
    record Line(
            Bench bench,
            Bench.Run run,
            List<String> learned,
            long steps,
            long trainedParameters,
            long peakBytes,
            List<Double> alphas,
            double fixedAlpha)
            implements Learned {
        @Override
        public double seconds() {
            return run.seconds();
        }

        @Override
        public Recogniser at(double alpha) throws IOException {
            AdapterParameters adapters = run.tuned().adapters();
            if (adapters != null && !adapters.config().isMergeable()) {
                return new TowerRecogniser(bench.kernels(), bench.base(), adapters, bench.tokenizer(), false);
            }
            return WithHead.learned(
                    new TowerRecogniser(bench.kernels(), run.tuned().merged(alpha), bench.tokenizer(), true),
                    learned,
                    run.tuned().head(alpha));
        }

        @Override
        public void close() {}
    }
}
