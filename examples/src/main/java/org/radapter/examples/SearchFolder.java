package org.radapter.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.image.ImageReader;
import org.radapter.clip.image.ImageTransform;
import org.radapter.clip.tokenizer.Tokenizers;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.weights.ClipFile;

/** Embeds the images of a folder and finds those that a sentence describes: MODEL FOLDER SENTENCE. */
public final class SearchFolder {
    private static final int BATCH = 64;
    private static final int SHOWN = 5;

    private SearchFolder() {}

    /** Runs the example. */
    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[0]);
        List<Path> images;
        try (Stream<Path> all = Files.walk(Path.of(arguments[1]))) {
            images = all.filter(file -> file.toString().matches("(?i).*\\.(png|jpe?g|gif|bmp)"))
                    .sorted()
                    .toList();
        }
        try (Kernels kernels = Backends.open("auto");
                ClipFile file = ClipFile.open(directory);
                ClipParameters weights = ClipParameters.frozen(kernels, DType.F32, file.config(), file.tensors());
                ClipModel model = new ClipModel(kernels, weights, DType.F32, null)) {
            float[][] features = embed(model, images);
            int context = file.config().text().contextLength();
            float[] wanted =
                    model.embedTexts(Tokenizers.load(directory, context).encode(arguments[2]))[0];
            IntStream.range(0, images.size())
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -cosine(features[i], wanted)))
                    .limit(SHOWN)
                    .forEach(i -> System.out.printf("%.3f %s%n", cosine(features[i], wanted), images.get(i)));
        }
    }

    private static float[][] embed(ClipModel model, List<Path> images) throws IOException {
        ImageTransform transform = ImageTransform.clip(model.config().image().imageSize());
        float[][] features = new float[images.size()][];
        for (int from = 0; from < features.length; from += BATCH) {
            int count = Math.min(BATCH, features.length - from);
            float[] pixels = new float[count * transform.length()];
            for (int i = 0; i < count; i++) {
                transform.apply(ImageReader.DEFAULT.read(images.get(from + i)), pixels, i * transform.length());
            }
            System.arraycopy(model.embedImages(pixels), 0, features, from, count);
        }
        return features;
    }

    private static double cosine(float[] x, float[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += (double) x[i] * y[i];
        }
        return sum;
    }
}
