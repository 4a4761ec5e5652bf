package org.radapter.cli.report.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.tensor.CounterRandom;

class ScaleTest {
    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void anyTwoValuesLieOnAScaleOfAFewRoundTicks(long seed) {
        CounterRandom random = new CounterRandom(seed);
        double low = random.normal(0, 0, 0) * Math.pow(10, random.integer(0, 0, 1, 9) - 4);
        double high = low + random.uniform(0, 0, 2) * Math.pow(10, random.integer(0, 0, 3, 9) - 4);
        Scale scale = Scale.around(low, high, 6);
        assertThat(scale.share(low)).isBetween(-1e-6, 1.0);
        assertThat(scale.share(high)).isBetween(0.0, 1 + 1e-6);
        assertThat(scale.ticks()).hasSizeBetween(3, 9);
        assertThat(scale.ticks().stream().map(scale::label)).doesNotHaveDuplicates();
    }

    @Test
    void ticksAreRound() {
        assertThat(labels(Scale.around(46.1, 51.2, 6))).containsExactly("46", "47", "48", "49", "50", "51", "52");
        assertThat(labels(Scale.exactly(0, 1, 5))).containsExactly("0.0", "0.2", "0.4", "0.6", "0.8", "1.0");
        assertThat(labels(Scale.around(-7, 3, 6))).containsExactly("−8", "−6", "−4", "−2", "0", "2", "4");
    }

    @Test
    void oneValueAloneGetsRoomAroundIt() {
        Scale scale = Scale.around(50, 50, 6);
        assertThat(scale.share(50)).isCloseTo(.5, within(.2));
        assertThat(Scale.around(0, 0, 6).ticks()).hasSizeGreaterThan(1);
    }

    private static List<String> labels(Scale scale) {
        return scale.ticks().stream().map(scale::label).toList();
    }

    static Stream<double[]> crowds() {
        return LongStream.range(0, 20).mapToObj(seed -> {
            CounterRandom random = new CounterRandom(seed);
            return LongStream.range(0, 80)
                    .mapToDouble(i -> random.uniform(0, 1, i))
                    .toArray();
        });
    }

    @ParameterizedTest
    @MethodSource("crowds")
    void labelsNeverLieOnAMarkerOrOnOneAnother(double[] numbers) {
        LabelPlacer placer = new LabelPlacer();
        int points = numbers.length / 2;
        for (int i = 0; i < points; i++) {
            placer.marker(70 + 380 * numbers[2 * i], 20 + 270 * numbers[2 * i + 1], 4);
        }
        List<LabelPlacer.Box> placed = new ArrayList<>();
        for (int i = 0; i < points; i++) {
            double x = 70 + 380 * numbers[2 * i];
            double y = 20 + 270 * numbers[2 * i + 1];
            LabelPlacer.Box box = placer.place("0.5", x, y, 4);
            if (box != null) {
                for (LabelPlacer.Box other : placed) {
                    boolean apart = Math.abs(box.x() - other.x()) * 2 >= box.width() + other.width()
                            || Math.abs(box.y() - other.y()) * 2 >= box.height() + other.height();
                    assertThat(apart).isTrue();
                }
                placed.add(box);
            }
        }
        assertThat(placed).hasSizeGreaterThan(10);
    }
}
