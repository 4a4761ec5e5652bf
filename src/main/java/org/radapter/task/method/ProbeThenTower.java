package org.radapter.task.method;

import java.io.IOException;
import java.util.List;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.FineTuner;
import org.radapter.train.StepMemory;

/**
 * LP-FT (Kumar et al., 2022): a linear probe first, then the image tower and the probe together by cross-entropy. Each
 * half takes half of the budget's steps. Classes that were not learned are told apart by the texts.
 *
 * @param probe the first half
 * @param tower settings of the second half
 */
record ProbeThenTower(LinearProbe probe, TowerRecipe tower) implements Recipe {
    @Override
    public String name() {
        return "lp-ft";
    }

    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) throws IOException {
        long start = System.nanoTime();
        Budget half = new Budget(
                Math.max(1, bench.budget().steps() / 2), bench.budget().batch(), Learned.SINGLE);
        double[] head = probe.weights(bench, half, lesson, seed);
        List<String> learned = lesson.train().classNames();
        FineTuneSettings settings = tower.within(half, lesson, seed);
        FineTuner.Data data = lesson.data(bench.base().config(), seed).withHead(rows(head, learned.size()));
        try (FineTuned tuned = new FineTuner(bench.kernels(), bench.base(), bench.tokenizer())
                .run(settings, data, null, Integer.MAX_VALUE, bench.listener())) {
            Recogniser model = new TowerRecogniser(bench.kernels(), tuned.merged(1), bench.tokenizer(), true);
            return new ZeroShot.SingleModel(
                    WithHead.learned(model, learned, tuned.head(1)),
                    2L * half.steps(),
                    (System.nanoTime() - start) * 1e-9,
                    TowerRecipe.trainedParameters(bench, settings, tuned),
                    new StepMemory(bench.base().config(), 0).peakBytes(settings));
        }
    }

    private static float[][] rows(double[] weights, int classes) {
        int width = weights.length / classes;
        float[][] rows = new float[classes][width];
        for (int i = 0; i < weights.length; i++) {
            rows[i / width][i % width] = (float) weights[i];
        }
        return rows;
    }
}
