package org.radapter.benchmarks;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a benchmark checks before it is timed, at a small shape. */
class AgreementTest {
    static Stream<Arguments> works() {
        return Stream.<OperatorBenchmark>of(new Product(), new MpmNce())
                .flatMap(work -> Stream.of(Precision.values()).map(p -> Arguments.of(work, p)));
    }

    @ParameterizedTest
    @MethodSource("works")
    void bothSidesGiveTheSame(OperatorBenchmark work, Precision precision) {
        work.check(work.smallShape(), precision);
    }
}
