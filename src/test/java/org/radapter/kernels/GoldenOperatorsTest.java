package org.radapter.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.kernels.reference.Precision;
import org.radapter.tensor.DType;

/** Every golden file of single operators, on every backend. */
final class GoldenOperatorsTest {
    /** What a float64 reader agrees to where a file's setting is a decimal fraction. */
    private static final double ORACLE_LIMIT = 1e-8;

    /** Names of tensors that are read, not computed. */
    private static final Set<String> INPUTS =
            Set.of("x", "t", "labels", "positives", "d_y", "w", "gamma", "down", "up", "w_org", "b_org", "w_adp", "p0");

    private static final Map<String, Map<String, double[]>> COMPUTED = new TreeMap<>();
    private static final Map<String, String> LARGEST = new TreeMap<>();

    static List<GoldenFile> files() {
        List<GoldenFile> files = GoldenFile.all(GoldenOperators.FILES);
        assertThat(files).as("golden files in %s", GoldenFile.directory()).isNotEmpty();
        return files;
    }

    static Stream<Arguments> filesAndBackends() {
        return files().stream()
                .flatMap(file -> TestBackend.all().stream()
                        .filter(backend -> applies(file, backend))
                        .map(backend -> Arguments.of(file, backend)));
    }

    /** The optimiser works on masters alone, which no precision stores in bfloat16. */
    private static boolean applies(GoldenFile file, TestBackend backend) {
        return !(file.name().startsWith("adamw") && backend.precision() == Precision.BF16);
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("filesAndBackends")
    void resultsAreWithinTolerance(GoldenFile file, TestBackend backend) {
        Map<String, double[]> results = computed(file, backend);
        assertThat(results.keySet()).isEqualTo(resultNames(file));
        List<String> failures = new ArrayList<>();
        results.forEach((tensor, result) -> {
            double error = ErrorNorm.relative(result, file.values(tensor));
            double limit = limit(file, tensor, backend);
            LARGEST.put(
                    file + " " + tensor + " " + backend,
                    String.format(
                            Locale.ROOT, "%-16s %-20s %-16s %9.2e of %9.2e", file, tensor, backend, error, limit));
            if (!(error <= limit)) {
                failures.add(tensor + ": error " + error + ", limit " + limit);
            }
        });
        assertThat(failures).isEmpty();
    }

    static Stream<Arguments> lossesAndBackends() {
        return filesAndBackends()
                .filter(each -> ((GoldenFile) each.get()[0]).name().matches("(mpm|info)_nce.*"));
    }

    /** One, two and four callers that each have some rows and columns of a batch: one set of bits, as exact as the whole. */
    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("lossesAndBackends")
    void aSharedLossIsWithinToleranceAndHasTheSameBitsForAnyNumber(GoldenFile file, TestBackend backend) {
        Map<String, double[]> byOne = GoldenOperators.compute(file, backend, 1);
        assertThat(byOne.keySet()).isEqualTo(resultNames(file));
        byOne.forEach((tensor, result) -> assertThat(ErrorNorm.relative(result, file.values(tensor)))
                .as(tensor)
                .isLessThanOrEqualTo(limit(file, tensor, backend)));
        for (int callers : new int[] {2, 4}) {
            Map<String, double[]> shared = GoldenOperators.compute(file, backend, callers);
            byOne.forEach((tensor, result) ->
                    assertThat(shared.get(tensor)).as(tensor).isEqualTo(result));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("files")
    void twoPercentInTheLargestNumberOfAnyResultIsSeen(GoldenFile file) {
        for (String tensor : resultNames(file)) {
            double[] expected = file.values(tensor).clone();
            ErrorNorm.changeLargest(expected);
            double[] result = computed(file, TestBackend.oracle()).get(tensor);
            assertThat(ErrorNorm.relative(result, expected))
                    .as("%s of %s with its largest number changed", tensor, file)
                    .isGreaterThan(limit(file, tensor, TestBackend.oracle()));
        }
    }

    @Test
    void aNaNIsNeverWithinTolerance() {
        assertThat(ErrorNorm.relative(new double[] {1, Double.NaN}, new double[] {1, 2}) <= 1e9)
                .isFalse();
        assertThat(ErrorNorm.relative(new double[] {Double.NaN}, new double[] {0}) <= 1e9)
                .isFalse();
    }

    private static double limit(GoldenFile file, String tensor, TestBackend backend) {
        Precision precision = backend.precision();
        if (precision == Precision.F64) {
            return oracleLimit(file);
        }
        double unit = precision.activations().unitRoundoff();
        double reference = referenceError(file, tensor, precision);
        return 3 * Math.max(Math.max(reference, unit), uncertainty(file));
    }

    /**
     * Error of the reference in the same precision against the oracle, not the file. A single number's error is one
     * draw, zero as well as not: it is the greatest among the single numbers of the file.
     */
    private static double referenceError(GoldenFile file, String tensor, Precision precision) {
        Map<String, double[]> oracle = computed(file, TestBackend.oracle());
        Map<String, double[]> rounded = computed(file, TestBackend.reference(precision));
        boolean single = oracle.get(tensor).length == 1;
        return oracle.keySet().stream()
                .filter(name -> name.equals(tensor) || (single && oracle.get(name).length == 1))
                .mapToDouble(name -> ErrorNorm.relative(rounded.get(name), oracle.get(name)))
                .max()
                .orElseThrow();
    }

    /** A softmax certain to within its loss knows 1 - p, on which all its gradients hang, to u/loss only. */
    private static double oracleLimit(GoldenFile file) {
        double loss = file.has("loss") ? file.values("loss")[0] : 1;
        return ORACLE_LIMIT + 2 * DType.F64.unitRoundoff() / loss;
    }

    /** Where the loss lies below the roundoff of a logit in binary32, how far below; else 0. */
    private static double uncertainty(GoldenFile file) {
        if (!file.has("loss")) {
            return 0;
        }
        double scale = file.name().startsWith("info") ? Math.exp(file.number("log_scale")) : 1 / file.number("tau");
        double ratio = DType.F32.unitRoundoff() * scale / file.values("loss")[0];
        return ratio > 1 ? ratio : 0;
    }

    private static Map<String, double[]> computed(GoldenFile file, TestBackend backend) {
        return COMPUTED.computeIfAbsent(file + "/" + backend, key -> GoldenOperators.compute(file, backend));
    }

    private static Set<String> resultNames(GoldenFile file) {
        Set<String> names = new TreeSet<>(file.tensorNames());
        names.removeIf(name -> INPUTS.contains(name) || name.matches("g\\d+"));
        return names;
    }

    @AfterAll
    static void printLargestErrors() {
        System.out.println("golden operators: relative error and its limit");
        LARGEST.values().forEach(System.out::println);
    }
}
