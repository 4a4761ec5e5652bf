package org.radapter.task.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.clip.ClipParameters;
import org.radapter.data.DatasetView;
import org.radapter.data.ImageTextDataset;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.train.ModelCopies;
import org.radapter.train.StepReport;
import org.radapter.train.TinyClip;
import org.radapter.train.TinyDrawings;

/** What would make a comparison unfair without anyone seeing it. */
class FairComparisonTest {
    private static final ImageTextDataset DRAWINGS = new TinyDrawings();
    private static final Budget BUDGET = new Budget(6, 12, List.of(.5, 1.0));

    private interface Use {
        void of(Bench bench, List<StepReport> steps) throws IOException;
    }

    private static void withBench(Use use) throws IOException {
        List<StepReport> steps = new ArrayList<>();
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters random = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipParameters base = ModelCopies.frozen(kernels, random, ModelCopies.values(random));
                Bench bench = new Bench(kernels, base, TinyDrawings.tokenizer(), BUDGET, steps::add)) {
            use.of(bench, steps);
        }
    }

    static List<Recipe> methods() {
        return Recipes.list();
    }

    /** Several runs, or a run after a probe, share what one run of another method has. */
    @ParameterizedTest
    @MethodSource("methods")
    void noMethodLearnsLongerThanAnother(Recipe recipe) throws IOException {
        withBench((bench, steps) -> {
            try (Learned learned = recipe.learn(bench, RecipesTest.lesson(), 1)) {
                assertThat(learned.steps()).isIn(0L, (long) BUDGET.steps());
                assertThat((long) steps.size()).isLessThanOrEqualTo(learned.steps());
            }
        });
    }

    /** 66 images are one batch of embedding and two more; the last two must be there, and be themselves. */
    @Test
    void theLastImagesOfAnOddNumberAreSeenLikeAnyOther() throws IOException {
        List<Integer> indices = new ArrayList<>();
        for (int i = 0; i < 66; i++) {
            indices.add(i % DRAWINGS.size());
        }
        ImageTextDataset many = DatasetView.select(DRAWINGS, "66 drawings", indices);
        ImageTextDataset last = DatasetView.select(DRAWINGS, "the last two", indices.subList(64, 66));
        withBench((bench, steps) -> {
            float[][] all = bench.zeroShot().images(many);
            float[][] two = bench.zeroShot().images(last);
            assertThat(all.length).isEqualTo(66);
            for (int i = 0; i < 2; i++) {
                for (int j = 0; j < two[i].length; j++) {
                    assertThat(all[64 + i][j]).isCloseTo(two[i][j], within(1e-6f));
                }
            }
            assertThat(all[64]).isNotEqualTo(all[65]);
        });
    }
}
