package org.radapter.interop.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.clip.tokenizer.Tokenizers;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.train.ModelCopies;
import org.radapter.weights.ClipFile;
import org.radapter.weights.TensorSources;
import org.radapter.weights.onnx.OnnxExport;

/** What ONNX Runtime makes of our files is what our own towers make. */
class OnnxExportTest {
    private static final int COUNT = 100;
    private static final double TOLERANCE = 1e-4;
    private static final Path DEMO_MODEL = Path.of("..", "models", "emoji-clip");

    @TempDir
    private Path directory;

    @Test
    void theDemosModel() throws IOException, OrtException {
        Tokenizer tokenizer = Tokenizers.load(DEMO_MODEL, 24);
        try (Kernels kernels = Backends.open("cpu");
                ClipFile file = ClipFile.open(DEMO_MODEL);
                ClipParameters weights = ClipParameters.frozen(kernels, DType.F32, file.config(), file.tensors())) {
            int context = file.config().text().contextLength();
            int[] ids = new int[COUNT * context];
            String[] words = {"a red heart", "two cats on a roof", "sun", "an emoji of a very, very old tree", ""};
            for (int i = 0; i < COUNT; i++) {
                String caption = words[i % words.length] + " number " + i;
                System.arraycopy(tokenizer.encode(caption), 0, ids, i * context, context);
            }
            check(kernels, weights, ids);
        }
    }

    /** The models of OpenAI and of OpenCLIP and Hugging Face differ in activation and in where a text ends. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyConvention(boolean openAi) throws IOException, OrtException {
        int vocabulary = 300;
        ClipConfig config = new ClipConfig(
                24,
                new ClipConfig.ImageTower(48, 2, 3, 192, 8, 32),
                new ClipConfig.TextTower(
                        32,
                        2,
                        2,
                        128,
                        16,
                        vocabulary,
                        openAi ? ClipConfig.EotPooling.argmax() : ClipConfig.EotPooling.first(17)),
                openAi,
                openAi ? ClipConfig.DEFAULT_LAYER_NORM_EPSILON : 1e-3,
                ClipConfig.ImageNormalization.OPENAI);
        Random random = new Random(4);
        int[] ids = random.ints(COUNT * 16, 20, vocabulary).toArray();
        for (int i = 0; i < COUNT; i++) {
            int end = random.nextInt(1, 16);
            Arrays.fill(ids, i * 16 + end, (i + 1) * 16, openAi ? vocabulary - 1 : 17);
        }
        try (Kernels kernels = Backends.open("cpu");
                ClipParameters weights = ClipParameters.random(kernels, DType.F32, config, 0, 9)) {
            check(kernels, weights, ids);
        }
    }

    @Test
    void aFileThatCannotBeWrittenSaysWhich() throws IOException {
        try (Kernels kernels = Backends.open("cpu");
                ClipFile file = ClipFile.open(DEMO_MODEL)) {
            OnnxExport export = new OnnxExport(file.config(), file.tensors());
            assertThatThrownBy(() -> export.writeTextTower(directory))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(directory.toString());
        }
    }

    private void check(Kernels kernels, ClipParameters weights, int[] ids) throws IOException, OrtException {
        ClipConfig config = weights.config();
        int size = config.image().imageSize();
        float[] images = new float[COUNT * 3 * size * size];
        Random random = new Random(1);
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) random.nextGaussian();
        }
        OnnxExport export = new OnnxExport(config, TensorSources.of(ModelCopies.values(weights)));
        Path imageTower = directory.resolve("image_tower.onnx");
        Path textTower = directory.resolve("text_tower.onnx");
        export.writeImageTower(imageTower);
        export.writeTextTower(textTower);
        try (ClipModel model = new ClipModel(kernels, weights, DType.F32, null);
                OrtEnvironment environment = OrtEnvironment.getEnvironment();
                OnnxTensor pixels = OnnxTensor.createTensor(
                        environment, FloatBuffer.wrap(images), new long[] {COUNT, 3, size, size});
                OnnxTensor tokens = OnnxTensor.createTensor(
                        environment,
                        LongBuffer.wrap(Arrays.stream(ids).asLongStream().toArray()),
                        new long[] {COUNT, config.text().contextLength()})) {
            compare(run(environment, imageTower, "pixel_values", pixels), model.embedImages(images));
            compare(run(environment, textTower, "input_ids", tokens), model.embedTexts(ids));
        }
    }

    private static float[][] run(OrtEnvironment environment, Path file, String name, OnnxTensor input)
            throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            try (OrtSession session = environment.createSession(file.toString(), options);
                    OrtSession.Result result = session.run(Map.of(name, input))) {
                return (float[][]) result.get(0).getValue();
            }
        }
    }

    private static void compare(float[][] theirs, float[][] ours) {
        assertThat(theirs.length).isEqualTo(ours.length).isEqualTo(COUNT);
        for (int i = 0; i < ours.length; i++) {
            assertThat(theirs[i].length).isEqualTo(ours[i].length);
            double norm = 0;
            for (int j = 0; j < ours[i].length; j++) {
                assertThat((double) theirs[i][j]).isBetween(ours[i][j] - TOLERANCE, ours[i][j] + TOLERANCE);
                norm += (double) theirs[i][j] * theirs[i][j];
            }
            assertThat(norm).isBetween(1 - TOLERANCE, 1 + TOLERANCE);
        }
        assertThat(ours[0]).isNotEqualTo(ours[1]);
    }
}
