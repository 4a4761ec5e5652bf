package org.radapter.task.method;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.radapter.adapter.AdapterSite;
import org.radapter.clip.ClipModel;
import org.radapter.train.FineTuneSettings;

/**
 * A run whose layers are merged each at an α of its own. All begin at the α of the method; then layer after layer, the
 * image tower's first, takes the α that is best on validation beside those of the others. A layer keeps what it has
 * unless another is better; of equals that are, the lowest.
 *
 * @param name in tables
 * @param tower the run, which is shared with the method it is taken from
 */
record AlphaPerLayer(String name, TowerRecipe tower) implements Recipe {
    private static final double[] ALPHAS = {0, .25, .5, .75, 1};

    /** A layer of one tower. */
    private record Layer(AdapterSite.Tower tower, int layer) {
        static Layer of(AdapterSite site) {
            return new Layer(site.tower(), site.layer());
        }
    }

    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) throws IOException {
        long start = System.nanoTime();
        FineTuneSettings settings = tower.within(bench.budget(), lesson, seed);
        Bench.Run run = bench.run(lesson, settings);
        List<Layer> layers = ClipModel.adapterSites(bench.base().config()).stream()
                .map(Layer::of)
                .distinct()
                .toList();
        Map<Layer, Double> alphas = chosen(bench, run, lesson, layers);
        double choosing = (System.nanoTime() - start) * 1e-9;
        double mean = alphas.values().stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .orElseThrow();
        return ChosenAlphas.of(
                bench, run, settings, recogniser(bench, run, alphas), Math.max(choosing, run.seconds()), mean);
    }

    private Map<Layer, Double> chosen(Bench bench, Bench.Run run, Lesson lesson, List<Layer> layers)
            throws IOException {
        Map<Layer, Double> alphas = new HashMap<>();
        layers.forEach(layer -> alphas.put(layer, tower.fixedAlpha()));
        double highest = accuracy(bench, run, lesson, alphas);
        for (Layer layer : layers) {
            double kept = tower.fixedAlpha();
            for (double alpha : ALPHAS) {
                if (alpha == tower.fixedAlpha()) {
                    continue;
                }
                alphas.put(layer, alpha);
                double accuracy = accuracy(bench, run, lesson, alphas);
                if (accuracy > highest) {
                    highest = accuracy;
                    kept = alpha;
                }
            }
            alphas.put(layer, kept);
        }
        return alphas;
    }

    private static double accuracy(Bench bench, Bench.Run run, Lesson lesson, Map<Layer, Double> alphas)
            throws IOException {
        try (Recogniser model = recogniser(bench, run, alphas)) {
            return FrozenImages.of(model, lesson.validation())
                    .accuracy(model.classes(lesson.validation().classNames(), lesson.templates()));
        }
    }

    private static Recogniser recogniser(Bench bench, Bench.Run run, Map<Layer, Double> alphas) throws IOException {
        return new TowerRecogniser(
                bench.kernels(), run.tuned().merged(site -> alphas.get(Layer.of(site))), bench.tokenizer(), true);
    }
}
