package org.radapter.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.ErrorNorm;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.tensor.DType;

/** A whole CLIP and a whole training step against OpenCLIP and PyTorch in float64. */
class GoldenClipTest {
    private static final Path GOLDEN = Path.of(System.getProperty("radapter.golden", "src/test/resources/golden"));

    /** The files' own rounding: results after an optimiser step are float32. */
    private static final double EXACT = 2e-7;

    private static final Map<String, Map<String, double[]>> COMPUTED = new HashMap<>();

    static Stream<String> tags() throws IOException {
        return ClipCase.tags(GOLDEN).stream();
    }

    @ParameterizedTest
    @MethodSource("tags")
    void referenceInFloat64AgreesWithPyTorch(String tag) throws IOException {
        Map<String, double[]> actual = computed(tag);
        Map<String, double[]> expected = new ClipCase(GOLDEN, tag).expected();
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        Map<String, Double> errors = new TreeMap<>();
        expected.forEach((name, values) -> errors.put(name, relativeError(actual.get(name), values)));
        errors.forEach((name, error) -> print(tag, name, "reference F64", error, EXACT));
        assertThat(errors)
                .allSatisfy((name, error) -> assertThat(error).as(name).isLessThan(EXACT));
    }

    @ParameterizedTest
    @MethodSource("tags")
    void twoPercentInTheLargestNumberOfAnyResultIsSeen(String tag) throws IOException {
        Map<String, double[]> actual = computed(tag);
        new ClipCase(GOLDEN, tag).expected().forEach((name, values) -> {
            ErrorNorm.changeLargest(values);
            assertThat(relativeError(actual.get(name), values))
                    .as("%s of %s with its largest number changed", name, tag)
                    .isGreaterThan(EXACT);
        });
    }

    /** What the oracle computes, once. */
    private static Map<String, double[]> computed(String tag) throws IOException {
        Map<String, double[]> known = COMPUTED.get(tag);
        if (known == null) {
            try (Kernels kernels = new ReferenceKernels(Precision.F64)) {
                known = new ClipCase(GOLDEN, tag).run(kernels, DType.F64, false);
            }
            COMPUTED.put(tag, known);
        }
        return known;
    }

    private static void print(String tag, String name, String backend, double error, double limit) {
        System.out.printf(Locale.ROOT, "%s %-32s %-16s %9.2e of %9.2e%n", tag, name, backend, error, limit);
    }

    static Stream<Arguments> tagsAndTypes() throws IOException {
        return tags().flatMap(tag -> Stream.of(arguments(tag, DType.F32), arguments(tag, DType.BF16)));
    }

    /**
     * Errors may be three times those of the reference backend at the same precision. Of numbers that are few, that is
     * the larger of the reference's own error, small perhaps by luck, and what its errors make of them. The optimiser is given the file's
     * gradients: Adam's first step is the sign of a gradient, which rounding turns over where it is almost zero.
     */
    @ParameterizedTest
    @MethodSource("tagsAndTypes")
    void theBackendAgreesAsFarAsItsPrecisionAllows(String tag, DType dtype) throws IOException {
        ClipCase golden = new ClipCase(GOLDEN, tag);
        Precision precision = dtype == DType.F32 ? Precision.F32 : Precision.BF16;
        Map<String, double[]> expected = pooled(golden.expected());
        Map<String, double[]> reference;
        Map<String, double[]> actual;
        String backend = Backends.resolve(Backends.AUTO);
        Map<String, Double> propagated;
        try (Kernels oracle = new ReferenceKernels(precision);
                Kernels kernels = Backends.open(Backends.AUTO, BackendOptions.DEFAULT.withPrecision(precision))) {
            Map<String, double[]> single = golden.run(oracle, dtype, true);
            propagated = Map.of(
                    "train.loss", golden.lossErrorOfFeatures(single),
                    "grad.*.scale", golden.scaleErrorOfGradients(single));
            reference = pooled(single);
            actual = pooled(golden.run(kernels, dtype, true));
        }
        List<String> failures = new ArrayList<>();
        for (Map.Entry<String, double[]> entry : expected.entrySet()) {
            String name = entry.getKey();
            double referenceError =
                    Math.max(relativeError(reference.get(name), entry.getValue()), propagated.getOrDefault(name, 0.0));
            double limit = 3 * Math.max(referenceError, dtype.unitRoundoff());
            double error = relativeError(actual.get(name), entry.getValue());
            print(tag, name, backend + " " + dtype, error, limit);
            if (!(error <= limit)) {
                failures.add(name + ": error " + error + ", limit " + limit);
            }
        }
        assertThat(failures).as("%s in %s", tag, dtype).isEmpty();
    }

    /**
     * All learned scales of one kind as one vector: the rounding error of a single number can be small by luck, and is
     * no measure of what a precision allows. Float64 is compared number by number above.
     */
    private static Map<String, double[]> pooled(Map<String, double[]> results) {
        Map<String, double[]> pooled = new TreeMap<>();
        for (Map.Entry<String, double[]> entry : new TreeMap<>(results).entrySet()) {
            String name = entry.getKey().replaceFirst("^(grad|after|ema)\\..*\\.scale$", "$1.*.scale");
            pooled.merge(name, entry.getValue(), GoldenClipTest::joined);
        }
        return pooled;
    }

    private static double[] joined(double[] first, double[] second) {
        double[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    private static double relativeError(double[] actual, double[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        return ErrorNorm.relative(actual, expected);
    }
}
