package org.radapter.interop.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.weights.ClipFile;
import org.radapter.weights.onnx.OnnxExport;

class OnnxTensorsTest {
    private static final int BATCH = 5;

    @TempDir
    private Path directory;

    @Test
    void aSessionReadsAndWritesOurMemory() throws Exception {
        Path tower = directory.resolve("image_tower.onnx");
        try (Kernels kernels = Backends.open("cpu");
                ClipFile file = ClipFile.open(Path.of("..", "models", "emoji-clip"));
                ClipParameters weights = ClipParameters.frozen(kernels, DType.F32, file.config(), file.tensors());
                ClipModel model = new ClipModel(kernels, weights, DType.F32, null);
                Arena arena = kernels.device().arena("served")) {
            new OnnxExport(file.config(), file.tensors()).writeImageTower(tower);
            int size = file.config().image().imageSize();
            float[] images = new float[BATCH * 3 * size * size];
            Random random = new Random(2);
            for (int i = 0; i < images.length; i++) {
                images[i] = (float) random.nextGaussian();
            }
            Tensor pixels = arena.allocate(DType.F32, BATCH, 3, size, size);
            Tensor features = arena.allocate(DType.F32, BATCH, file.config().embedDim());
            kernels.fill(features, Double.NaN);
            try (OrtEnvironment environment = OrtEnvironment.getEnvironment();
                    OrtSession session = environment.createSession(tower.toString());
                    OnnxTensor input = OnnxTensors.of(environment, pixels);
                    OnnxTensor output = OnnxTensors.of(environment, features)) {
                // written after the tensor of ONNX Runtime was made: it is the same memory
                pixels.copyFrom(images);
                session.run(Map.of("pixel_values", input), Map.of("image_embeds", output))
                        .close();
            }
            float[] found = features.toFloats();
            float[][] expected = model.embedImages(images);
            for (int i = 0; i < found.length; i++) {
                assertThat(found[i]).isCloseTo(expected[i / expected[0].length][i % expected[0].length], within(1e-4f));
            }
        }
    }

    @Test
    void whatOnnxRuntimeCannotTakeIsRefused() {
        try (Kernels kernels = Backends.open("cpu");
                Arena arena = kernels.device().arena("test");
                OrtEnvironment environment = OrtEnvironment.getEnvironment()) {
            Tensor gaps = arena.allocate(DType.F32, 4, 6).columns(0, 3);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> OnnxTensors.of(environment, gaps))
                    .withMessageContaining("gaps");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> OnnxTensors.of(environment, Tensor.onHost(DType.F32, 3)))
                    .withMessageContaining("no address");
        }
    }
}
