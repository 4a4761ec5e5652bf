package org.radapter.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.kernels.reference.Precision;

/** Every operator of every backend against the oracle, and against itself with other threads. */
final class BackendConformanceTest {
    private static final int SEEDS = 4;
    private static final int FEW = 16;
    private static final Map<String, Map<String, double[]>> COMPUTED = new HashMap<>();

    static Stream<Arguments> casesAndBackends() {
        return OperatorCases.names().stream()
                .flatMap(name -> TestBackend.all().stream().map(backend -> Arguments.of(name, backend)));
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("casesAndBackends")
    void agreesWithTheOracle(String operator, TestBackend backend) {
        List<String> failures = new ArrayList<>();
        for (long seed = 0; seed < SEEDS; seed++) {
            for (boolean gaps : new boolean[] {false, true}) {
                Map<String, double[]> results = OperatorCases.run(operator, backend, gaps, seed);
                failures.addAll(failures(operator, backend.precision(), seed, results));
            }
        }
        assertThat(failures).as("%s on %s", operator, backend).isEmpty();
    }

    /** Which results of a case are further from the oracle's than three times the reference's of that precision. */
    static List<String> failures(String operator, Precision precision, long seed, Map<String, double[]> results) {
        List<String> failures = new ArrayList<>();
        Map<String, double[]> expected = computed(operator, TestBackend.oracle(), seed);
        assertThat(results.keySet()).isEqualTo(expected.keySet());
        for (String result : expected.keySet()) {
            double error = ErrorNorm.relative(results.get(result), expected.get(result));
            double limit = limit(operator, result, precision, seed);
            if (!(error <= limit)) {
                failures.add(result + ", seed " + seed + ": error " + error + ", limit " + limit);
            }
        }
        return failures;
    }

    static Stream<Arguments> casesAndVariants() {
        return OperatorCases.names().stream()
                .flatMap(name ->
                        Stream.of(Precision.F32, Precision.BF16).map(precision -> Arguments.of(name, precision)));
    }

    @ParameterizedTest(name = "{0} in {1}")
    @MethodSource("casesAndVariants")
    void threadsDoNotChangeABit(String operator, Precision precision) {
        assumeTrue(TestBackend.hasCpu(), "no native backend, or RADAPTER_BACKEND leaves it out");
        for (long seed = 0; seed < SEEDS; seed++) {
            Map<String, double[]> one = OperatorCases.run(operator, TestBackend.cpu(precision, 1, "auto"), true, seed);
            for (int threads : new int[] {2, 3}) {
                TestBackend several = TestBackend.cpu(precision, threads, "auto");
                Map<String, double[]> others = OperatorCases.run(operator, several, false, seed);
                one.forEach((result, values) -> assertThat(others.get(result))
                        .as("%s of %s on %d threads", result, operator, threads)
                        .isEqualTo(values));
            }
        }
    }

    /** 3·max(e, u); the error of a few numbers is a matter of luck, so e is then the greatest of some seeds. */
    private static double limit(String operator, String result, Precision precision, long seed) {
        if (precision == Precision.F64) {
            return 0;
        }
        boolean few = computed(operator, TestBackend.oracle(), seed).get(result).length < FEW;
        double error = (few ? LongStream.range(0, SEEDS) : LongStream.of(seed))
                .mapToDouble(s -> referenceError(operator, result, precision, s))
                .max()
                .orElseThrow();
        return 3 * Math.max(error, precision.activations().unitRoundoff());
    }

    private static double referenceError(String operator, String result, Precision precision, long seed) {
        return ErrorNorm.relative(
                computed(operator, TestBackend.reference(precision), seed).get(result),
                computed(operator, TestBackend.oracle(), seed).get(result));
    }

    /** What the reference computes, once. */
    private static Map<String, double[]> computed(String operator, TestBackend reference, long seed) {
        return COMPUTED.computeIfAbsent(
                operator + "/" + reference + "/" + seed, key -> OperatorCases.run(operator, reference, false, seed));
    }
}
