package org.radapter.clip;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.tensor.DType;

/** A whole CLIP and a whole training step against OpenCLIP and PyTorch in float64. */
class GoldenClipTest {
    private static final Path GOLDEN = Path.of(System.getProperty("radapter.golden", "src/test/resources/golden"));

    static Stream<String> tags() throws IOException {
        return ClipCase.tags(GOLDEN).stream();
    }

    @ParameterizedTest
    @MethodSource("tags")
    void referenceInFloat64AgreesWithPyTorch(String tag) throws IOException {
        ClipCase golden = new ClipCase(GOLDEN, tag);
        Map<String, double[]> actual = golden.run(new ReferenceKernels(Precision.F64), DType.F64, false);
        Map<String, double[]> expected = golden.expected();
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        Map<String, Double> errors = new TreeMap<>();
        expected.forEach((name, values) -> errors.put(name, relativeError(actual.get(name), values)));
        System.out.println(tag + " " + errors);
        assertThat(errors)
                .allSatisfy((name, error) -> assertThat(error).as(name).isLessThan(2e-7));
    }

    private static double relativeError(double[] actual, double[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        double error = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        return norm == 0 ? Math.sqrt(error) : Math.sqrt(error / norm);
    }
}
