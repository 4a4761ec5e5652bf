package org.radapter.task.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.radapter.tensor.CounterRandom;

/** Gradients of the small heads against differences, and the cache of Tip-Adapter against its formula. */
class SmallHeadsTest {
    private static final int WIDTH = 8;
    private static final int CLASSES = 3;

    private static float[] unit(long index) {
        CounterRandom random = new CounterRandom(3);
        float[] vector = new float[WIDTH];
        double square = 0;
        for (int i = 0; i < WIDTH; i++) {
            vector[i] = (float) random.normal(index, 1, i);
            square += vector[i] * vector[i];
        }
        for (int i = 0; i < WIDTH; i++) {
            vector[i] /= (float) Math.sqrt(square);
        }
        return vector;
    }

    private static FrozenImages images() {
        return new FrozenImages(new float[][] {unit(0), unit(1), unit(2), unit(3)}, new int[] {0, 1, 2, 1});
    }

    private static double[] numbers(int size) {
        CounterRandom random = new CounterRandom(4);
        double[] numbers = new double[size];
        Arrays.setAll(numbers, i -> .4 * random.normal(0, 2, i));
        return numbers;
    }

    private static void assertGradient(SmallAdam.Loss loss, double[] at) {
        int[] batch = {2, 0, 3};
        double[] gradient = new double[at.length];
        double unused = loss.evaluate(at, batch, gradient);
        assertThat(Arrays.stream(gradient).map(Math::abs).max().orElseThrow()).isGreaterThan(1e-3);
        double step = 1e-6;
        for (int i = 0; i < at.length; i++) {
            double[] more = at.clone();
            more[i] += step;
            double[] less = at.clone();
            less[i] -= step;
            double slope = (loss.evaluate(more, batch, new double[at.length])
                            - loss.evaluate(less, batch, new double[at.length]))
                    / (2 * step);
            assertThat(gradient[i]).as("number %d", i).isCloseTo(slope, within(1e-7));
        }
    }

    @Test
    void theProbesGradientIsExact() {
        assertGradient(new LinearProbe.Regression(images(), CLASSES, 5), numbers(CLASSES * WIDTH));
    }

    @Test
    void theBottlenecksGradientIsExact() {
        ClipAdapter.Bottleneck bottleneck = new ClipAdapter.Bottleneck(WIDTH, .6);
        assertGradient(
                new ClipAdapter.Loss(bottleneck, images(), numbers(CLASSES * WIDTH), 5), numbers(bottleneck.size()));
    }

    @Test
    void theProbeLearnsWhatItIsShown() {
        FrozenImages images = images();
        double[] weights = SmallAdam.minimise(
                new LinearProbe.Regression(images, CLASSES, 5),
                new double[CLASSES * WIDTH],
                new Budget(200, 4, List.of(1.0)),
                .05,
                0,
                1);
        assertThat(images.accuracy(LinearProbe.classifier(weights, 5))).isEqualTo(1);
    }

    @Test
    void anEpochShowsEveryImageOnceAndTheNextFollowsWithoutAGap() {
        SmallAdam.Order order = new SmallAdam.Order(5, 9);
        int[] seen = new int[15];
        for (int step = 0; step < 5; step++) {
            System.arraycopy(order.batch(step, 3), 0, seen, 3 * step, 3);
        }
        for (int epoch = 0; epoch < 3; epoch++) {
            assertThat(Arrays.copyOfRange(seen, 5 * epoch, 5 * epoch + 5)).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
        }
    }

    @Test
    void tipAdapterAddsWhatItsFormulaSaysAndNothingToUnknownClasses() {
        FrozenImages keys = images();
        TipAdapter.Cache cache = new TipAdapter.Cache(keys, List.of("a", "b", "c"), 2, 5.5);
        Recogniser.Classifier zeroShot = image -> new double[] {.7, 1.4, 2.1};
        float[] image = unit(9);
        double[] logits = cache.of(List.of("b", "new", "c"), zeroShot).logits(image);
        double b = 0;
        for (int k : new int[] {1, 3}) {
            b += 2 * Math.exp(-5.5 * (1 - cosine(image, keys.vectors()[k])));
        }
        double c = 2 * Math.exp(-5.5 * (1 - cosine(image, keys.vectors()[2])));
        assertThat(logits).containsExactly(new double[] {.7 + b, 1.4, 2.1 + c}, within(1e-9));
    }

    private static double cosine(float[] a, float[] b) {
        return Softmax.dot(Softmax.doubles(a), 0, Softmax.doubles(b));
    }
}
