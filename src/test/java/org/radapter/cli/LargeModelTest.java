package org.radapter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
 * A CLIP of real size, ViT-B/16 with random weights, through the real commands in a process of its own: it is loaded,
 * embeds, takes a step of R-Adapter on a batch of 128, is merged and saved, all within 8 GB of memory. Left out unless it is asked for:
 * {@code mvn -B test -Dgroups=large}; it needs 3 GB of disk and some minutes.
 */
@Tag("large")
class LargeModelTest {
    private static final long MOST_KILOBYTES = 8_000_000;
    private static final long WEIGHT_BYTES = 590_000_000;
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

    /** Runs the commands one after the other; after each it prints the most memory the process has held so far. */
    static final class Run {
        public static void main(String[] arguments) throws IOException {
            Path folder = Path.of(arguments[0]);
            String model = folder.resolve("model").toString();
            String run = folder.resolve("run").toString();
            String image = folder.resolve("photos/cat/0.png").toString();
            String texts = folder.resolve("texts.txt").toString();
            List<List<String>> commands = List.of(
                    List.of(
                            "embed",
                            "--model",
                            model,
                            image,
                            "--out",
                            folder.resolve("image.csv").toString()),
                    List.of(
                            "embed",
                            "--model",
                            model,
                            "--texts",
                            texts,
                            "--out",
                            folder.resolve("t.csv").toString()),
                    List.of(
                            "finetune",
                            "--model",
                            model,
                            "--folder",
                            folder.resolve("photos").toString(),
                            "--run",
                            run,
                            "--steps",
                            "1"),
                    List.of(
                            "merge",
                            "--model",
                            model,
                            "--adapter",
                            run + "/adapter.safetensors",
                            "--naming",
                            "hugging_face",
                            "--out",
                            folder.resolve("merged").toString()));
            for (List<String> command : commands) {
                long begun = System.nanoTime();
                int status = new CommandLine(new Main())
                        .setCaseInsensitiveEnumValuesAllowed(true)
                        .execute(command.toArray(String[]::new));
                if (status != 0) {
                    System.exit(status);
                }
                System.out.printf(
                        "%s: VmHWM %d kB, %.1f s%n", command.get(0), peak(), (System.nanoTime() - begun) * 1e-9);
            }
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
    void aViTB16IsTrainedAndSavedWithinEightGigabytes() throws IOException, InterruptedException {
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

        String output = run();
        System.out.println(output);
        long most = output.lines()
                .filter(line -> line.contains("VmHWM"))
                .mapToLong(line -> Long.parseLong(line.replaceAll(".*VmHWM (\\d+) kB.*", "$1")))
                .max()
                .orElseThrow();
        assertThat(most).as(output).isLessThan(MOST_KILOBYTES);
        assertThat(folder.resolve("run/merged.safetensors")).satisfies(LargeModelTest::isWhole);
        assertThat(folder.resolve("merged/model.safetensors")).satisfies(LargeModelTest::isWhole);
        assertThat(folder.resolve("image.csv")).content().doesNotContain("NaN");
    }

    private static void isWhole(Path file) {
        assertThat(file.toFile().length()).isGreaterThan(WEIGHT_BYTES);
    }

    private String run() throws IOException, InterruptedException {
        return JavaProcess.output(
                JavaProcess.of(List.of("-Djava.awt.headless=true"), Run.class, List.of(folder.toString())));
    }
}
