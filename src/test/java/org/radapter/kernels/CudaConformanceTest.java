package org.radapter.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.kernels.reference.Precision;

/** Every operator of the GPU from Java: against the oracle, and against itself. */
@CudaTest
final class CudaConformanceTest {
    private static Kernels kernels;

    @BeforeAll
    static void open() {
        kernels = Backends.open("cuda");
    }

    @AfterAll
    static void close() {
        kernels.close();
    }

    static Stream<Arguments> casesAndPrecisions() {
        return OperatorCases.names().stream()
                .flatMap(name ->
                        Stream.of(Precision.F32, Precision.BF16).map(precision -> Arguments.of(name, precision)));
    }

    @ParameterizedTest(name = "{0} in {1}")
    @MethodSource("casesAndPrecisions")
    void agreesWithTheOracleAndItself(String operator, Precision precision) {
        TestBackend gpu = TestBackend.opened(kernels, precision);
        List<String> failures = new ArrayList<>();
        for (boolean gaps : new boolean[] {false, true}) {
            long seed = gaps ? 1 : 0;
            Map<String, double[]> results = OperatorCases.run(operator, gpu, gaps, seed);
            failures.addAll(BackendConformanceTest.failures(operator, precision, seed, results));
            Map<String, double[]> again = OperatorCases.run(operator, gpu, gaps, seed);
            results.forEach((name, values) -> assertThat(again.get(name))
                    .as("%s of %s, once more", name, operator)
                    .isEqualTo(values));
        }
        assertThat(failures).as("%s on %s", operator, gpu).isEmpty();
    }
}
