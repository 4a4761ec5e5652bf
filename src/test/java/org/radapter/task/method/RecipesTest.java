package org.radapter.task.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.clip.ClipParameters;
import org.radapter.data.ImageTextDataset;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.ModelCopies;
import org.radapter.train.TinyClip;
import org.radapter.train.TinyDrawings;
import org.radapter.train.TrainingListener;

class RecipesTest {
    private static final ImageTextDataset DRAWINGS = new TinyDrawings();
    private static final Budget BUDGET = new Budget(4, 12, List.of(.5, 1.0));

    /** A lesson of three colours; it validates on what it learns from, which no task does. */
    static Lesson lesson() {
        return new Lesson(
                DRAWINGS,
                DRAWINGS,
                seed -> (index, step, sample) -> DRAWINGS.className(DRAWINGS.label(index)),
                List.of("{}", "a {}"));
    }

    /** Class scores of a few images by a method, learned with a seed, at an α. */
    static List<List<Double>> scores(Recipe recipe, Budget budget, long seed, double alpha) throws IOException {
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipParameters base = ModelCopies.frozen(kernels, random, ModelCopies.values(random));
                Bench bench = new Bench(kernels, base, TinyDrawings.tokenizer(), budget, TrainingListener.SILENT);
                Learned learned = recipe.learn(bench, lesson(), seed);
                Recogniser model = learned.at(alpha)) {
            Recogniser.Classifier classes = model.classes(DRAWINGS.classNames(), List.of("{}", "a {}"));
            return Stream.of(model.images(DRAWINGS))
                    .map(image -> Arrays.stream(classes.logits(image)).boxed().toList())
                    .toList();
        }
    }

    @Test
    void namesAreUniqueAndFitForFiles() {
        assertThat(Recipes.names()).doesNotHaveDuplicates().allMatch(name -> name.matches("[a-z0-9]+(-[a-z0-9]+)*"));
        assertThat(Recipes.of("r-adapter").name()).isEqualTo(Recipes.R_ADAPTER);
        assertThatThrownBy(() -> Recipes.of("adapter-r"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("r-adapter-low-rank");
    }

    @Test
    void everyMethodOfTheTrainerGetsTheSameStepsAndBatches() {
        Budget budget = new Budget(77, 31, List.of(1.0));
        List<TowerRecipe> towers = Recipes.list().stream()
                .filter(TowerRecipe.class::isInstance)
                .map(TowerRecipe.class::cast)
                .toList();
        assertThat(towers).hasSizeGreaterThan(10);
        for (TowerRecipe recipe : towers) {
            FineTuneSettings settings = recipe.within(budget, lesson(), 5);
            assertThat(settings.schedule().steps()).as(recipe.name()).isEqualTo(77);
            assertThat(settings.batch()).as(recipe.name()).isEqualTo(31);
            assertThat(settings.seed()).as(recipe.name()).isEqualTo(5);
        }
    }

    /** A method that was tried more often than another would be better for that alone. */
    @Test
    void everyMethodIsSearchedWithAsManySettingsEachOnce() {
        Map<String, List<Trial>> trials = Recipes.trials().stream().collect(Collectors.groupingBy(Trial::method));
        assertThat(trials.keySet())
                .contains("linear-probe", "full-fine-tuning", "wise-ft", "flyp", "lora", "plain-adapter", "r-adapter")
                .isSubsetOf(Recipes.names());
        trials.values()
                .forEach(each -> assertThat(each.stream().map(Trial::setting))
                        .doesNotHaveDuplicates()
                        .hasSize(Searched.TRIALS));
        assertThatThrownBy(() -> Searched.rates(.1, rate -> Recipes.of("flyp"), .1, .2))
                .hasMessageContaining("2 settings");
        assertThatThrownBy(() -> Searched.rates(.7, rate -> Recipes.of("flyp"), .1, .2, .3, .4))
                .hasMessageContaining("never tried");
    }

    static List<Recipe> learning() {
        return Recipes.list().stream()
                .filter(recipe -> !recipe.name().equals("zero-shot"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("learning")
    void everyMethodLearnsSomethingAndTheSameSeedGivesTheSameBits(Recipe recipe) throws IOException {
        List<List<Double>> before = scores(Recipes.of("zero-shot"), BUDGET, 1, 1);
        List<List<Double>> first = scores(recipe, BUDGET, 1, 1);
        assertThat(first).isEqualTo(scores(recipe, BUDGET, 1, 1));
        assertThat(first).isNotEqualTo(before);
        assertThat(first.stream().flatMap(List::stream)).allMatch(score -> Double.isFinite(score));
    }

    /** Only then are several seeds more than one run told several times. */
    @ParameterizedTest
    @MethodSource("learning")
    void seedsVary(Recipe recipe) throws IOException {
        assertThat(scores(recipe, BUDGET, 1, 1)).isNotEqualTo(scores(recipe, BUDGET, 2, 1));
    }

    /** At α = 0 an interpolated head is that of the texts, and classes of other names are always known by texts. */
    @Test
    void wiseFtLearnsTheHeadOfItsClassesAlone() throws IOException {
        List<List<Double>> texts = scores(Recipes.of("zero-shot"), BUDGET, 1, 1);
        List<List<Double>> start = scores(Recipes.of("wise-ft"), BUDGET, 1, 0);
        for (int i = 0; i < texts.size(); i++) {
            for (int c = 0; c < texts.get(i).size(); c++) {
                assertThat(start.get(i).get(c)).isCloseTo(texts.get(i).get(c), within(1e-4));
            }
        }
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipParameters base = ModelCopies.frozen(kernels, random, ModelCopies.values(random));
                Bench bench = new Bench(kernels, base, TinyDrawings.tokenizer(), BUDGET, TrainingListener.SILENT);
                Learned learned = Recipes.of("wise-ft").learn(bench, lesson(), 1);
                Recogniser model = learned.at(1)) {
            List<String> names = DRAWINGS.classNames();
            List<String> templates = List.of("{}", "a {}");
            List<String> others = names.subList(0, 2);
            float[] image = model.images(DRAWINGS)[0];
            double[] own = model.classes(names, templates).logits(image);
            double[] byText = model.classes(others, templates).logits(image);
            assertThat(own[0]).isNotCloseTo(byText[0], within(2e-4));
            assertThat(byText[0])
                    .isCloseTo(model.classes(List.of(names.get(0)), templates).logits(image)[0], within(1e-4));
        }
    }

    @Test
    void aRunThatTwoMethodsShareIsMadeOnce() throws IOException {
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipParameters base = ModelCopies.frozen(kernels, random, ModelCopies.values(random))) {
            int[] steps = {0};
            try (Bench bench = new Bench(kernels, base, TinyDrawings.tokenizer(), BUDGET, report -> steps[0]++)) {
                Lesson lesson = lesson();
                Recipes.of("r-adapter-no-rescaling").learn(bench, lesson, 1).close();
                Recipes.of(Recipes.R_ADAPTER).learn(bench, lesson, 1).close();
                assertThat(steps[0]).isEqualTo(BUDGET.steps());
                Recipes.of(Recipes.R_ADAPTER).learn(bench, lesson, 2).close();
                assertThat(steps[0]).isEqualTo(2 * BUDGET.steps());
            }
        }
    }
}
