package org.radapter.clip;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.kernels.BackendOptions;
import org.radapter.kernels.Backends;
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

/** Embeddings of Hugging Face models, and of the same models written under OpenCLIP's names. */
class GoldenHuggingFaceTest {
    private static final Path GOLDEN = Path.of(System.getProperty("radapter.golden", "src/test/resources/golden"));

    static Stream<Path> models() throws IOException {
        try (Stream<Path> entries = Files.list(GOLDEN)) {
            return entries.filter(entry -> Files.exists(entry.resolve("case.safetensors"))).sorted().toList().stream();
        }
    }

    /** Unit vectors of the case's images, then of its texts. */
    private static double[][] embed(Kernels kernels, DType dtype, Path modelFile, Path directory) throws IOException {
        try (ClipFile file = ClipFile.open(modelFile);
                ClipParameters weights = ClipParameters.frozen(kernels, dtype.master(), file.config(), file.tensors());
                ClipModel model = new ClipModel(kernels, weights, dtype, null);
                Safetensors golden = Safetensors.open(directory.resolve("case.safetensors"));
                Arena arena = kernels.device().arena("test")) {
            Tensor pixels = HostTensors.read(golden, "pixel_values");
            double[] numbers = HostTensors.read(golden, "input_ids").toDoubles();
            int[] ids = new int[numbers.length];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = (int) numbers[i];
            }
            Tensor images = arena.allocate(dtype.master(), pixels.shape()).copyFrom(pixels.toDoubles());
            Pass pass = Pass.inference(kernels, arena, dtype, images.extent(0));
            return new double[][] {
                model.imageTower().forward(pass, images).features().toDoubles(),
                model.textTower().forward(pass, ids).features().toDoubles()
            };
        }
    }

    private static double[][] expected(Path directory) throws IOException {
        try (Safetensors golden = Safetensors.open(directory.resolve("case.safetensors"))) {
            return new double[][] {
                HostTensors.read(golden, "image_embeds").toDoubles(),
                HostTensors.read(golden, "text_embeds").toDoubles()
            };
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void embeddingsAgree(Path directory) throws IOException {
        double[][] expected = expected(directory);
        try (Kernels exact = new ReferenceKernels(Precision.F64)) {
            assertClose(embed(exact, DType.F64, directory, directory), expected, new double[] {1e-10, 1e-10});
        }
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            Precision precision = dtype == DType.F32 ? Precision.F32 : Precision.BF16;
            try (Kernels oracle = new ReferenceKernels(precision);
                    Kernels kernels = Backends.open(Backends.AUTO, BackendOptions.DEFAULT.withPrecision(precision))) {
                double[][] reference = embed(oracle, dtype, directory, directory);
                double[] limits = new double[2];
                for (int i = 0; i < 2; i++) {
                    limits[i] = 3 * Math.max(relativeError(reference[i], expected[i]), dtype.unitRoundoff());
                }
                assertClose(embed(kernels, dtype, directory, directory), expected, limits);
            }
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
            double[][] original = embed(kernels, DType.F32, directory, directory);
            assertThat(embed(kernels, DType.F32, written, directory)).isDeepEqualTo(original);
        }
    }

    private static void assertClose(double[][] actual, double[][] expected, double[] limits) {
        for (int i = 0; i < expected.length; i++) {
            double error = relativeError(actual[i], expected[i]);
            System.out.println((i == 0 ? "image_embeds " : "text_embeds ") + error);
            assertThat(error).isLessThanOrEqualTo(limits[i]);
        }
    }

    private static double relativeError(double[] actual, double[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        double error = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        return Math.sqrt(error / norm);
    }
}
