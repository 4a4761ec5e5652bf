package org.radapter.benchmarks;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a benchmark checks before it is timed, at a small shape. */
class AgreementTest {
    static Stream<Arguments> works() {
        List<OperatorBenchmark> both = List.of(
                new Product(),
                new MpmNce(),
                new MpmNceWorkspace(),
                new ProjectionAdapter(),
                new LowRankAdapter(),
                new Attention(),
                new Step(),
                new DemoStep());
        List<OperatorBenchmark> fp32 = List.of(new Optimizer(), new Merge());
        return Stream.concat(
                both.stream().flatMap(work -> Stream.of(Precision.values()).map(p -> Arguments.of(work, p))),
                fp32.stream().map(work -> Arguments.of(work, Precision.FP32)));
    }

    @ParameterizedTest
    @MethodSource("works")
    void bothSidesGiveTheSame(OperatorBenchmark work, Precision precision) {
        work.check(work.smallShape(), precision);
    }
}
