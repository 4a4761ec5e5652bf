package org.radapter.task.method;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipParameters;
import org.radapter.optim.Parameter;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.ModelCopies;
import org.radapter.train.StepMemory;

/**
 * A greedy model soup (Wortsman et al., 2022): several runs of a method with different learning rates, from the best on
 * validation on, each averaged in if that does not make validation worse. The runs share the budget's steps.
 *
 * @param ingredient the method
 * @param learningRates one run each
 */
record ModelSoup(TowerRecipe ingredient, List<Double> learningRates) implements Recipe {
    @Override
    public String name() {
        return "model-soup";
    }

    /** The weights of one run, its head last, and how it does on validation. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Run(double[][] weights, double validation) {}

    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) throws IOException {
        Budget share = new Budget(
                Math.max(1, bench.budget().steps() / learningRates.size()),
                bench.budget().batch(),
                Learned.SINGLE);
        long start = System.nanoTime();
        List<Run> runs = new ArrayList<>();
        FineTuneSettings settings = ingredient.within(share, lesson, seed);
        long trained = 0;
        for (double learningRate : learningRates) {
            FineTuneSettings own = Recipes.withRate(settings, learningRate);
            FineTuned tuned = bench.run(lesson, own).tuned();
            trained = TowerRecipe.trainedParameters(bench, own, tuned);
            try (ClipParameters weights = tuned.merged(1)) {
                double[][] values = values(weights, tuned.head(1));
                runs.add(new Run(values, validation(bench, lesson, values)));
            }
        }
        runs.sort(Comparator.comparingDouble(Run::validation).reversed());
        double[][] soup = soup(bench, lesson, runs);
        return new ZeroShot.SingleModel(
                recogniser(bench, lesson, soup),
                (long) share.steps() * learningRates.size(),
                (System.nanoTime() - start) * 1e-9,
                trained,
                new StepMemory(bench.base().config(), 0).peakBytes(settings));
    }

    private static double[][] soup(Bench bench, Lesson lesson, List<Run> best) throws IOException {
        double[][] soup = best.get(0).weights();
        double highest = best.get(0).validation();
        int taken = 1;
        for (Run run : best.subList(1, best.size())) {
            double[][] mixed = mixed(soup, taken, run.weights());
            double validation = validation(bench, lesson, mixed);
            if (validation >= highest) {
                soup = mixed;
                highest = validation;
                taken++;
            }
        }
        return soup;
    }

    /** The mean of {@code taken} models whose mean is known and one more. */
    static double[][] mixed(double[][] mean, int taken, double[][] more) {
        double[][] mixed = new double[mean.length][];
        for (int p = 0; p < mean.length; p++) {
            mixed[p] = mean[p].clone();
            for (int i = 0; i < mixed[p].length; i++) {
                mixed[p][i] += (more[p][i] - mixed[p][i]) / (taken + 1);
            }
        }
        return mixed;
    }

    private static double validation(Bench bench, Lesson lesson, double[][] values) throws IOException {
        try (Recogniser model = recogniser(bench, lesson, values)) {
            return FrozenImages.of(model, lesson.validation())
                    .accuracy(model.classes(lesson.validation().classNames(), lesson.templates()));
        }
    }

    private static double[][] values(ClipParameters weights, float @Nullable [][] head) {
        Stream<double[]> towers =
                weights.all().stream().map(weight -> weight.value().toDoubles());
        return Stream.concat(towers, Stream.ofNullable(head).map(WithHead::flat))
                .toArray(double[][]::new);
    }

    private static Recogniser recogniser(Bench bench, Lesson lesson, double[][] values) throws IOException {
        ClipParameters weights = ModelCopies.frozen(bench.kernels(), bench.base(), ModelCopies.values(bench.base()));
        List<Parameter> all = weights.all();
        for (int p = 0; p < all.size(); p++) {
            all.get(p).value().copyFrom(values[p]);
        }
        Recogniser towers = new TowerRecogniser(bench.kernels(), weights, bench.tokenizer(), true);
        return values.length == all.size()
                ? towers
                : WithHead.learned(towers, lesson.train().classNames(), values[all.size()], 1);
    }
}
