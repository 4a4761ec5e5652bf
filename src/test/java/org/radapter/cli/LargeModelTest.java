package org.radapter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.JavaProcess;
import org.radapter.clip.ClipConfig;
import org.radapter.tensor.DType;
import org.radapter.weights.ClipFileWriter;
import org.radapter.weights.Naming;
import picocli.CommandLine;

/**
 * A CLIP of real size, ViT-B/16 with random weights, through the real commands, each in a process of its own: it embeds,
 * takes a step of R-Adapter on a batch of 128 within 8 GB of memory, is merged and saved. To embed and to merge takes at
 * most 2 GB beside the model. Left out unless it is asked for: {@code mvn -B test -Dgroups=large}; it needs 3 GB of disk
 * and some minutes.
 */
@Tag("large")
class LargeModelTest {
    private static final long WEIGHT_BYTES = 590_000_000;
    private static final long MOST_TO_TRAIN = 8_000_000_000L;
    private static final long MOST_BESIDE_THE_MODEL = 2_000_000_000;
    private static final Path VOCABULARY = Path.of("src/test/resources/golden/bpe_simple_vocab_16e6.txt.gz");
    private static final ClipConfig VIT_B_16 = new ClipConfig(
            512,
            new ClipConfig.ImageTower(768, 12, 12, 3072, 16, 224),
            new ClipConfig.TextTower(512, 12, 8, 2048, 77, 49408, ClipConfig.EotPooling.argmax()),
            true,
            ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
            ClipConfig.ImageNormalization.OPENAI);

    @TempDir
    Path folder;

    /** Runs one command, and prints the most memory the process has held. */
    static final class Run {
        public static void main(String[] arguments) throws IOException {
            long begun = System.nanoTime();
            int status = new CommandLine(new Main())
                    .setCaseInsensitiveEnumValuesAllowed(true)
                    .execute(arguments);
            System.out.printf("%s: VmHWM %d kB, %.1f s%n", arguments[0], peak(), (System.nanoTime() - begun) * 1e-9);
            System.exit(status);
        }

        private static long peak() throws IOException {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("VmHWM:")) {
                    return Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
            throw new IOException("/proc/self/status has no VmHWM");
        }
    }

    @Test
    void aViTB16IsEmbeddedTrainedAndMergedInTheMemoryItMayTake() throws IOException, InterruptedException {
        Path model = folder.resolve("model");
        ClipFileWriter.write(
                model, Naming.HUGGING_FACE, VIT_B_16, new RandomWeights(VIT_B_16), DType.F32, List.of(VOCABULARY));
        List<String> classes = List.of("cat", "dog");
        for (int c = 0; c < classes.size(); c++) {
            for (int i = 0; i < 3; i++) {
                Path file = folder.resolve("photos").resolve(classes.get(c)).resolve(i + ".png");
                SmallModel.image(file, c == 0 ? Color.RED : Color.BLUE, i);
            }
        }
        Files.writeString(folder.resolve("texts.txt"), "a photo of a cat\na photo of a dog\n");

        String photos = folder.resolve("photos").toString();
        long modelBytes = Files.size(model.resolve("model.safetensors"));
        assertThat(peakOf("embed", "--model", model.toString(), "--folder", photos, "--out", path("images.csv")))
                .isLessThan(modelBytes + MOST_BESIDE_THE_MODEL);
        assertThat(peakOf("embed", "--model", model.toString(), "--texts", path("texts.txt"), "--out", path("t.csv")))
                .isLessThan(modelBytes + MOST_BESIDE_THE_MODEL);
        assertThat(peakOf(
                        "finetune",
                        "--model",
                        model.toString(),
                        "--folder",
                        photos,
                        "--run",
                        path("run"),
                        "--steps",
                        "1"))
                .isLessThan(MOST_TO_TRAIN);
        assertThat(peakOf(
                        "merge",
                        "--model",
                        model.toString(),
                        "--adapter",
                        path("run/adapter.safetensors"),
                        "--naming",
                        "hugging_face",
                        "--out",
                        path("merged")))
                .isLessThan(modelBytes + MOST_BESIDE_THE_MODEL);
        assertThat(folder.resolve("run/merged.safetensors")).satisfies(LargeModelTest::isWhole);
        assertThat(folder.resolve("merged/model.safetensors")).satisfies(LargeModelTest::isWhole);
        assertThat(folder.resolve("images.csv")).content().doesNotContain("NaN");
    }

    private static void isWhole(Path file) {
        assertThat(file.toFile().length()).isGreaterThan(WEIGHT_BYTES);
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    /** Most bytes that a command held. */
    private static long peakOf(String... command) throws IOException, InterruptedException {
        String output =
                JavaProcess.output(JavaProcess.of(List.of("-Djava.awt.headless=true"), Run.class, List.of(command)));
        System.out.println(output);
        Matcher peak = Pattern.compile("VmHWM (\\d+) kB").matcher(output);
        assertThat(peak.find()).as(output).isTrue();
        return 1024 * Long.parseLong(peak.group(1));
    }
}
