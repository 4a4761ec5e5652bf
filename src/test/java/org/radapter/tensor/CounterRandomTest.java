package org.radapter.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;

class CounterRandomTest {
    private static final int DRAWS = 100_000;
    private final CounterRandom random = new CounterRandom(20);

    @Test
    void isAPureFunctionOfItsFourNumbers() {
        assertThat(new CounterRandom(20).bits(3, 5, 7)).isEqualTo(random.bits(3, 5, 7));
        assertThat(random.seed()).isEqualTo(20);
    }

    @Test
    void theBitsNeverChangeBetweenVersions() {
        assertThat(new CounterRandom(0).bits(0, 0, 0)).isEqualTo(reference(0, 0, 0, 0));
        assertThat(random.bits(1, 2, 3)).isEqualTo(reference(20, 1, 2, 3));
        assertThat(random.bits(-1, CounterRandom.site("shuffle"), Long.MAX_VALUE))
                .isEqualTo(reference(20, -1, CounterRandom.site("shuffle"), Long.MAX_VALUE));
        assertThat(random.bits(1, 2, 3)).isEqualTo(0x2faf39a27155417cL);
        assertThat(CounterRandom.site("shuffle")).isEqualTo(0x17b75b2fc11766aaL);
    }

    /** The chain written out again, from the class's own description. */
    private static long reference(long... numbers) {
        long h = 0;
        for (long number : numbers) {
            long z = (h ^ number) + 0x9e3779b97f4a7c15L;
            z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
            z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
            h = z ^ (z >>> 31);
        }
        return h;
    }

    @Test
    void neighboursInEveryNumberDiffer() {
        Set<Long> seen = new HashSet<>();
        for (int seed = 0; seed < 12; seed++) {
            CounterRandom r = new CounterRandom(seed);
            for (int step = 0; step < 12; step++) {
                for (int site = 0; site < 12; site++) {
                    for (int index = 0; index < 12; index++) {
                        seen.add(r.bits(step, site, index));
                    }
                }
            }
        }
        assertThat(seen).hasSize(12 * 12 * 12 * 12);
    }

    @Test
    void everyBitIsSetHalfOfTheTimeAlongEveryNumber() {
        for (int along = 0; along < 3; along++) {
            int[] set = new int[64];
            for (int i = 0; i < DRAWS; i++) {
                long bits = random.bits(along == 0 ? i : 9, along == 1 ? i : 9, along == 2 ? i : 9);
                for (int b = 0; b < 64; b++) {
                    set[b] += (int) (bits >>> b & 1);
                }
            }
            for (int b = 0; b < 64; b++) {
                assertThat((double) set[b] / DRAWS)
                        .as("bit %d along %d", b, along)
                        .isCloseTo(.5, within(.01));
            }
        }
    }

    @Test
    void uniformHasTheMomentsOfAUniform() {
        assertMoments(i -> random.uniform(4, 1, i), .5, 1 / 12.0, .005);
        assertMoments(i -> random.uniform(4, 1, i, -2, 4), 1, 3, .05);
        for (int i = 0; i < DRAWS; i++) {
            assertThat(random.uniform(4, 1, i) >= 0 && random.uniform(4, 1, i) < 1)
                    .isTrue();
        }
    }

    @Test
    void normalHasTheMomentsOfANormal() {
        assertMoments(i -> random.normal(4, 1, i), 0, 1, .02);
        assertMoments(i -> Math.pow(random.normal(4, 1, i), 4), 3, 96, 9);
        assertMoments(i -> random.normal(4, 1, i) * random.normal(4, 1, i + 1), 0, 1, .04);
    }

    private static void assertMoments(LongToDoubleFunction draw, double mean, double variance, double tolerance) {
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            double x = draw.applyAsDouble(i);
            sum += x;
            squares += x * x;
        }
        double m = sum / DRAWS;
        assertThat(m).isCloseTo(mean, within(tolerance));
        assertThat(squares / DRAWS - m * m).isCloseTo(variance, within(tolerance));
    }

    @Test
    void integersFillTheirRangeEvenly() {
        int[] counts = new int[7];
        for (int i = 0; i < DRAWS; i++) {
            counts[random.integer(0, 0, i, 7)]++;
        }
        for (int count : counts) {
            assertThat(count / (DRAWS / 7.0)).isCloseTo(1, within(.05));
        }
        assertThat(random.integer(0, 0, 0, 1)).isZero();
        for (int i = 0; i < 1000; i++) {
            assertThat(random.integer(0, 0, i, Integer.MAX_VALUE)).isNotNegative();
        }
        assertThatThrownBy(() -> random.integer(0, 0, 0, 0)).hasMessageContaining("not positive");
    }

    @Test
    void bernoulliIsCertainAtItsEnds() {
        int happened = 0;
        for (int i = 0; i < DRAWS; i++) {
            assertThat(random.bernoulli(0, 0, i, 0)).isFalse();
            assertThat(random.bernoulli(0, 0, i, 1)).isTrue();
            happened += random.bernoulli(0, 0, i, .2) ? 1 : 0;
        }
        assertThat((double) happened / DRAWS).isCloseTo(.2, within(.005));
    }

    @Test
    void permutationsHoldEveryNumberOnceAndMoveEachEverywhere() {
        assertThat(random.permutation(1, 1, 0)).isEmpty();
        assertThat(random.permutation(1, 1, 500))
                .doesNotHaveDuplicates()
                .hasSize(500)
                .contains(0, 499);
        int[][] at = new int[5][5];
        for (int step = 0; step < 20_000; step++) {
            int[] order = random.permutation(step, 1, 5);
            for (int i = 0; i < 5; i++) {
                at[i][order[i]]++;
            }
        }
        for (int[] row : at) {
            for (int count : row) {
                assertThat(count / 4000.0).isCloseTo(1, within(.06));
            }
        }
    }

    @Test
    void sitesOfDifferentNamesDiffer() {
        assertThat(CounterRandom.site("shuffle")).isEqualTo(CounterRandom.site("shuffle"));
        assertThat(CounterRandom.site("adapter 1")).isNotEqualTo(CounterRandom.site("adapter 2"));
    }
}
