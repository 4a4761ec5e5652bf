package org.radapter.cli;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.tokenizer.BytePairVocabulary;
import org.radapter.clip.tokenizer.VocabularyBuilder;
import org.radapter.clip.tokenizer.VocabularyWriter;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.train.ModelCopies;
import org.radapter.weights.ClipFileWriter;
import org.radapter.weights.Naming;
import org.radapter.weights.TensorSources;

/** A random CLIP with a vocabulary, small enough for tests of whole commands, and images for it. */
final class SmallModel {
    private static final int CONTEXT = 8;
    private static final BytePairVocabulary VOCABULARY =
            new VocabularyBuilder().add("a photo of a cat", 9).build(530);

    static final ClipConfig CONFIG = new ClipConfig(
            6,
            new ClipConfig.ImageTower(16, 2, 2, 24, 4, 8),
            new ClipConfig.TextTower(8, 2, 1, 16, CONTEXT, VOCABULARY.size(), ClipConfig.EotPooling.argmax()),
            true,
            ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
            ClipConfig.ImageNormalization.OPENAI);

    private SmallModel() {}

    /** Writes the model in Hugging Face's layout. */
    static void write(Path directory) throws IOException {
        try (Kernels kernels = Backends.open("reference");
                ClipParameters weights = ClipParameters.random(kernels, DType.F32, CONFIG, 0, 3)) {
            ClipFileWriter.write(
                    directory,
                    Naming.HUGGING_FACE,
                    CONFIG,
                    TensorSources.of(ModelCopies.values(weights)),
                    DType.F32,
                    List.of());
        }
        VocabularyWriter.writePair(directory, VOCABULARY, CONTEXT);
    }

    /** Writes a spot of a colour on black, its place shifted by {@code shift} pixels. */
    static Path image(Path file, Color color, int shift) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        BufferedImage image = new BufferedImage(20, 12, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(color);
        graphics.fillOval(2 + shift, 2, 14, 8);
        graphics.dispose();
        ImageIO.write(image, "png", file.toFile());
        return file;
    }
}
