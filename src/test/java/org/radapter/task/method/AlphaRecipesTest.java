package org.radapter.task.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.radapter.adapter.AdapterSite;
import org.radapter.clip.ClipParameters;
import org.radapter.data.ImageTextDataset;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.ModelCopies;
import org.radapter.train.TinyClip;
import org.radapter.train.TinyDrawings;

/** Methods that find an α of their own. */
class AlphaRecipesTest {
    private static final ImageTextDataset DRAWINGS = new TinyDrawings();
    private static final List<String> TEMPLATES = List.of("{}", "a {}");
    private static final Budget BUDGET = new Budget(30, 12, List.of(1.0));

    private interface Use {
        void of(Bench bench) throws IOException;
    }

    private static int withBench(Use use) throws IOException {
        int[] steps = {0};
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipParameters base = ModelCopies.frozen(kernels, random, ModelCopies.values(random));
                Bench bench = new Bench(kernels, base, TinyDrawings.tokenizer(), BUDGET, report -> steps[0]++)) {
            use.of(bench);
        }
        return steps[0];
    }

    private static double accuracy(Recogniser model) {
        return FrozenImages.of(model, DRAWINGS).accuracy(model.classes(DRAWINGS.classNames(), TEMPLATES));
    }

    /** The pairs hold both ends of the line, and its middle: no worse than these where it is chosen. */
    @Test
    void theBestPairOfTowersIsNoWorseThanTheSameAlphaForBoth() throws IOException {
        int steps = withBench(bench -> {
            Lesson lesson = RecipesTest.lesson();
            try (Learned line = Recipes.of(Recipes.R_ADAPTER).learn(bench, lesson, 1);
                    Learned pair = Recipes.of("r-adapter-alpha-per-tower").learn(bench, lesson, 1);
                    Recogniser chosen = pair.at(1)) {
                assertThat(pair.choosesAlpha()).isTrue();
                assertThat(line.choosesAlpha()).isFalse();
                for (double alpha : List.of(0.0, .5, 1.0)) {
                    try (Recogniser one = line.at(alpha)) {
                        assertThat(accuracy(chosen)).isGreaterThanOrEqualTo(accuracy(one));
                    }
                }
            }
        });
        assertThat(steps).as("the run is shared").isEqualTo(BUDGET.steps());
    }

    /** It begins at the α of the method, and changes a layer only for the better. */
    @Test
    void anAlphaOfEachLayerIsNoWorseThanThatOfTheMethodAndIsTheLayersOwn() throws IOException {
        int steps = withBench(bench -> {
            Lesson lesson = RecipesTest.lesson();
            try (Learned line = Recipes.of(Recipes.R_ADAPTER).learn(bench, lesson, 1);
                    Learned layers = Recipes.of("r-adapter-alpha-per-layer").learn(bench, lesson, 1);
                    Recogniser chosen = layers.at(1);
                    Recogniser one = line.at(line.fixedAlpha())) {
                assertThat(layers.choosesAlpha()).isTrue();
                assertThat(layers.fixedAlpha()).isBetween(0.0, 1.0);
                assertThat(accuracy(chosen)).isGreaterThanOrEqualTo(accuracy(one));
            }
        });
        assertThat(steps).as("the run is shared").isEqualTo(BUDGET.steps());
    }

    /** A model whose text tower alone is merged sees as the model before, and reads as the adapted one. */
    @Test
    void anAlphaCanBeGivenToEachSite() throws IOException {
        withBench(bench -> {
            FineTuned tuned = bench.run(RecipesTest.lesson(), FineTuneSettings.rAdapter(BUDGET.steps(), 1))
                    .tuned();
            List<String> texts = List.of("a red", "blue");
            try (Recogniser words =
                            recogniser(bench, tuned.merged(site -> site.tower() == AdapterSite.Tower.TEXT ? 1 : 0));
                    Recogniser whole = recogniser(bench, tuned.merged(1))) {
                assertThat(words.images(DRAWINGS))
                        .isDeepEqualTo(bench.zeroShot().images(DRAWINGS));
                assertThat(words.texts(texts)).isDeepEqualTo(whole.texts(texts));
                assertThat(whole.images(DRAWINGS)[0])
                        .isNotEqualTo(bench.zeroShot().images(DRAWINGS)[0]);
                assertThat(whole.texts(texts)[0]).isNotEqualTo(bench.zeroShot().texts(texts)[0]);
            }
        });
    }

    private static Recogniser recogniser(Bench bench, ClipParameters merged) {
        return new TowerRecogniser(bench.kernels(), merged, bench.tokenizer(), true);
    }

    /** Off is without any doubt, on has all there is: off alone counts. */
    @Test
    void theSurerModelCountsMore() {
        assertThat(AlphaPerImage.Both.mixed(new double[] {3, 3}, new double[] {900, 0}))
                .containsExactly(new double[] {900, 0}, within(1e-9));
        assertThat(AlphaPerImage.Both.mixed(new double[] {4, 0}, new double[] {0, 2}))
                .containsExactly(expected(4, 2), within(1e-9));
        assertThat(AlphaPerImage.Both.mixed(new double[] {900, 0}, new double[] {0, 900}))
                .containsExactly(new double[] {450, 450}, within(1e-9));
    }

    /** Of two classes with logits [on, 0] and [0, off], by the formula. */
    private static double[] expected(double on, double off) {
        double alpha = entropy(off) / (entropy(on) + entropy(off));
        return new double[] {alpha * on, (1 - alpha) * off};
    }

    private static double entropy(double logit) {
        double p = 1 / (1 + Math.exp(-logit));
        return -p * Math.log(p) - (1 - p) * Math.log(1 - p);
    }

    @Test
    void twoModelsAsOneHaveTheMeanOfTheirCosines() throws IOException {
        withBench(bench -> {
            try (Learned line = Recipes.of(Recipes.R_ADAPTER).learn(bench, RecipesTest.lesson(), 1);
                    Recogniser on = line.at(1)) {
                AlphaPerImage.Both both = new AlphaPerImage.Both(on, bench.zeroShot());
                List<String> texts = List.of("a red", "blue");
                double mean = (cosine(on, texts) + cosine(bench.zeroShot(), texts)) / 2;
                assertThat(cosine(on, texts)).isNotCloseTo(cosine(bench.zeroShot(), texts), within(1e-3));
                assertThat(cosine(both, texts)).isCloseTo(mean, within(1e-5));
            }
        });
    }

    private static double cosine(Recogniser model, List<String> texts) {
        return Softmax.dot(Softmax.doubles(model.images(DRAWINGS)[0]), 0, Softmax.doubles(model.texts(texts)[1]));
    }
}
