package org.radapter.examples;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.image.ImageReader;
import org.radapter.clip.image.ImageTransform;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.clip.tokenizer.Tokenizers;
import org.radapter.tensor.TensorSource;
import org.radapter.weights.ClipFile;
import org.radapter.weights.onnx.OnnxExport;

/**
 * Exports a merged CLIP and classifies images with ONNX Runtime alone, without native kernels of ours: MODEL DIRECTORY
 * LABEL,LABEL,… IMAGE….
 */
public final class ServeWithOnnxRuntime {
    private ServeWithOnnxRuntime() {}

    /** Runs the example. */
    public static void main(String[] arguments) throws IOException, OrtException {
        Path model = Path.of(arguments[0]);
        Path directory = Path.of(arguments[1]);
        String[] labels = arguments[2].split(",");
        List<String> files = Arrays.asList(arguments).subList(3, arguments.length);
        ClipConfig config = export(model, directory);
        Tokenizer tokenizer = Tokenizers.load(model, config.text().contextLength());
        try (OrtEnvironment environment = OrtEnvironment.getEnvironment();
                OrtSession images = environment.createSession(
                        directory.resolve("image_tower.onnx").toString());
                OrtSession texts = environment.createSession(
                        directory.resolve("text_tower.onnx").toString())) {
            float[][] head = embed(environment, texts, ids(tokenizer, labels), labels.length);
            float[][] features = embed(
                    environment, images, pixels(config, files), config.image().imageSize());
            for (int i = 0; i < features.length; i++) {
                int best = 0;
                for (int c = 1; c < labels.length; c++) {
                    best = dot(features[i], head[c]) > dot(features[i], head[best]) ? c : best;
                }
                System.out.printf("%s %s %.3f%n", files.get(i), labels[best], dot(features[i], head[best]));
            }
        }
    }

    private static ClipConfig export(Path model, Path directory) throws IOException {
        try (ClipFile file = ClipFile.open(model);
                TensorSource weights = file.tensors()) {
            OnnxExport export = new OnnxExport(file.config(), weights);
            export.writeImageTower(directory.resolve("image_tower.onnx"));
            export.writeTextTower(directory.resolve("text_tower.onnx"));
            return file.config();
        }
    }

    private static long[] ids(Tokenizer tokenizer, String[] labels) {
        return Arrays.stream(labels)
                .flatMapToInt(label -> Arrays.stream(tokenizer.encode("a photo of a " + label)))
                .asLongStream()
                .toArray();
    }

    private static float[] pixels(ClipConfig config, List<String> files) throws IOException {
        ImageTransform transform = ImageTransform.clip(config.image().imageSize());
        float[] pixels = new float[files.size() * transform.length()];
        for (int i = 0; i < files.size(); i++) {
            transform.apply(ImageReader.DEFAULT.read(Path.of(files.get(i))), pixels, i * transform.length());
        }
        return pixels;
    }

    private static float[][] embed(OrtEnvironment environment, OrtSession session, long[] ids, int count)
            throws OrtException {
        try (OnnxTensor input = OnnxTensor.createTensor(
                        environment, LongBuffer.wrap(ids), new long[] {count, ids.length / count});
                OrtSession.Result result = session.run(Map.of("input_ids", input))) {
            return (float[][]) result.get(0).getValue();
        }
    }

    private static float[][] embed(OrtEnvironment environment, OrtSession session, float[] pixels, int size)
            throws OrtException {
        long[] shape = {pixels.length / (3L * size * size), 3, size, size};
        try (OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(pixels), shape);
                OrtSession.Result result = session.run(Map.of("pixel_values", input))) {
            return (float[][]) result.get(0).getValue();
        }
    }

    private static double dot(float[] x, float[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += (double) x[i] * y[i];
        }
        return sum;
    }
}
