package org.radapter.task.method;

import java.io.IOException;
import java.util.List;
import org.radapter.train.FineTuneSettings;

/**
 * A run whose towers are merged each at an α of its own, the pair that is best on validation. Of equals the first is
 * taken, from the model before on; the image tower's α counts first.
 *
 * @param name in tables
 * @param tower the run, which is shared with the method it is taken from
 */
record AlphaPerTower(String name, TowerRecipe tower) implements Recipe {
    private static final List<Double> ALPHAS = List.of(0.0, .25, .5, .75, 1.0);

    /** α of the image tower and of the text tower. */
    private record Pair(double image, double text) {}

    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) throws IOException {
        long start = System.nanoTime();
        FineTuneSettings settings = tower.within(bench.budget(), lesson, seed);
        Bench.Run run = bench.run(lesson, settings);
        Pair best = best(bench, run, lesson);
        double choosing = (System.nanoTime() - start) * 1e-9;
        return ChosenAlphas.of(
                bench,
                run,
                settings,
                new TwoTowers(recogniser(bench, run, best.image()), recogniser(bench, run, best.text())),
                Math.max(choosing, run.seconds()),
                (best.image() + best.text()) / 2);
    }

    private static Pair best(Bench bench, Bench.Run run, Lesson lesson) throws IOException {
        FrozenImages[] images = new FrozenImages[ALPHAS.size()];
        Recogniser.Classifier[] classifiers = new Recogniser.Classifier[ALPHAS.size()];
        for (int i = 0; i < images.length; i++) {
            try (Recogniser model = recogniser(bench, run, ALPHAS.get(i))) {
                images[i] = FrozenImages.of(model, lesson.validation());
                classifiers[i] = model.classes(lesson.validation().classNames(), lesson.templates());
            }
        }
        Pair best = new Pair(0, 0);
        double highest = -1;
        for (int i = 0; i < images.length; i++) {
            for (int t = 0; t < classifiers.length; t++) {
                double accuracy = images[i].accuracy(classifiers[t]);
                if (accuracy > highest) {
                    highest = accuracy;
                    best = new Pair(ALPHAS.get(i), ALPHAS.get(t));
                }
            }
        }
        return best;
    }

    private static Recogniser recogniser(Bench bench, Bench.Run run, double alpha) throws IOException {
        return new TowerRecogniser(bench.kernels(), run.tuned().merged(alpha), bench.tokenizer(), true);
    }
}
