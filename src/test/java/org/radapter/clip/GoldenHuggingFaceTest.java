package org.radapter.clip;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
import org.radapter.kernels.ErrorNorm;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.nn.Pass;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.weights.ClipFile;
import org.radapter.weights.ClipFileWriter;
import org.radapter.weights.HostTensors;
import org.radapter.weights.Naming;
import org.radapter.weights.Safetensors;

/** Embeddings and logits of Hugging Face models, and of the same models written under OpenCLIP's names. */
class GoldenHuggingFaceTest {
    private static final Path GOLDEN = Path.of(System.getProperty("radapter.golden", "src/test/resources/golden"));

    private static final Set<String> INPUTS = Set.of("pixel_values", "input_ids");
    private static final double EXACT = 1e-10;

    static Stream<Path> models() throws IOException {
        try (Stream<Path> entries = Files.list(GOLDEN)) {
            return entries.filter(entry -> Files.exists(entry.resolve("case.safetensors"))).sorted().toList().stream();
        }
    }

    /** Unit vectors of the case's images and texts, and their scaled cosines, under the names of the case. */
    private static Map<String, double[]> embed(Kernels kernels, DType dtype, Path modelFile, Path directory)
            throws IOException {
        try (ClipFile file = ClipFile.open(modelFile);
                ClipParameters weights = ClipParameters.frozen(kernels, dtype.master(), file.config(), file.tensors());
                ClipModel model = new ClipModel(kernels, weights, dtype, null);
                Safetensors golden = Safetensors.open(directory.resolve("case.safetensors"));
                Arena arena = kernels.device().arena("test")) {
            Tensor pixels = HostTensors.read(golden, "pixel_values");
            int[] ids = Arrays.stream(HostTensors.read(golden, "input_ids").toDoubles())
                    .mapToInt(id -> (int) id)
                    .toArray();
            Tensor images = arena.allocate(dtype.master(), pixels.shape()).copyFrom(pixels.toDoubles());
            Pass pass = Pass.inference(kernels, arena, dtype, images.extent(0));
            double[] imageRows =
                    model.imageTower().forward(pass, images).features().toDoubles();
            double[] textRows = model.textTower().forward(pass, ids).features().toDoubles();
            Map<String, double[]> results = new TreeMap<>();
            results.put("image_embeds", imageRows);
            results.put("text_embeds", textRows);
            int width = file.config().embedDim();
            results.put("logits_per_image", products(imageRows, textRows, width, weights.logitScale()));
            return results;
        }
    }

    private static double[] products(double[] a, double[] b, int width, double scale) {
        int rows = a.length / width;
        int columns = b.length / width;
        double[] products = new double[rows * columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                for (int k = 0; k < width; k++) {
                    products[i * columns + j] += scale * a[i * width + k] * b[j * width + k];
                }
            }
        }
        return products;
    }

    /** Every tensor of the case that is a result. */
    private static Map<String, double[]> expected(Path directory) throws IOException {
        Map<String, double[]> expected = new TreeMap<>();
        try (Safetensors golden = Safetensors.open(directory.resolve("case.safetensors"))) {
            for (String name : golden.names()) {
                if (!INPUTS.contains(name)) {
                    expected.put(name, HostTensors.read(golden, name).toDoubles());
                }
            }
        }
        return expected;
    }

    @ParameterizedTest
    @MethodSource("models")
    void everyResultAgrees(Path directory) throws IOException {
        Map<String, double[]> expected = expected(directory);
        Map<String, Double> exactly = new TreeMap<>();
        expected.keySet().forEach(name -> exactly.put(name, EXACT));
        try (Kernels exact = new ReferenceKernels(Precision.F64)) {
            assertClose(directory, "reference F64", embed(exact, DType.F64, directory, directory), expected, exactly);
        }
        String backend = Backends.resolve(Backends.AUTO);
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            Precision precision = dtype == DType.F32 ? Precision.F32 : Precision.BF16;
            try (Kernels oracle = new ReferenceKernels(precision);
                    Kernels kernels = Backends.open(Backends.AUTO, BackendOptions.DEFAULT.withPrecision(precision))) {
                Map<String, double[]> reference = embed(oracle, dtype, directory, directory);
                Map<String, Double> limits = new TreeMap<>();
                expected.forEach((name, values) -> limits.put(
                        name, 3 * Math.max(ErrorNorm.relative(reference.get(name), values), dtype.unitRoundoff())));
                Map<String, double[]> actual = embed(kernels, dtype, directory, directory);
                assertClose(directory, backend + " " + dtype, actual, expected, limits);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void twoPercentInTheLargestNumberOfAnyResultIsSeen(Path directory) throws IOException {
        try (Kernels exact = new ReferenceKernels(Precision.F64)) {
            Map<String, double[]> actual = embed(exact, DType.F64, directory, directory);
            expected(directory).forEach((name, values) -> {
                ErrorNorm.changeLargest(values);
                assertThat(ErrorNorm.relative(actual.get(name), values))
                        .as("%s of %s with its largest number changed", name, directory)
                        .isGreaterThan(EXACT);
            });
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void anotherNamingGivesTheSameEmbeddings(Path directory, @TempDir Path folder) throws IOException {
        Path written;
        try (ClipFile file = ClipFile.open(directory)) {
            written = ClipFileWriter.write(
                    folder.resolve("model.safetensors"),
                    Naming.OPEN_CLIP,
                    file.config(),
                    file.tensors(),
                    DType.F32,
                    List.of());
        }
        try (Kernels kernels = Backends.open(Backends.AUTO)) {
            Map<String, double[]> original = embed(kernels, DType.F32, directory, directory);
            Map<String, double[]> renamed = embed(kernels, DType.F32, written, directory);
            original.forEach(
                    (name, values) -> assertThat(renamed.get(name)).as(name).isEqualTo(values));
        }
    }

    private static void assertClose(
            Path directory,
            String backend,
            Map<String, double[]> actual,
            Map<String, double[]> expected,
            Map<String, Double> limits) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, values) -> {
            double error = ErrorNorm.relative(actual.get(name), values);
            System.out.printf(
                    Locale.ROOT,
                    "%s %-16s %-16s %9.2e of %9.2e%n",
                    directory.getFileName(),
                    name,
                    backend,
                    error,
                    limits.get(name));
            assertThat(error).as("%s on %s", name, backend).isLessThanOrEqualTo(limits.get(name));
        });
    }
}
