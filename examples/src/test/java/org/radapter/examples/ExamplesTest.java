package org.radapter.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every example does what it says, with the arguments of the README. */
class ExamplesTest {
    private static final String MODEL = Path.of("..", "models", "emoji-clip").toString();

    @TempDir
    static Path folder;

    private static String photos = "";

    @FunctionalInterface
    private interface Main {
        void run(String... arguments) throws Exception;
    }

    @BeforeAll
    static void drawings() throws IOException {
        photos = folder.resolve("photos").toString();
        DrawPhotos.main(new String[] {photos});
    }

    private static synchronized String output(Main main, String... arguments) throws Exception {
        PrintStream console = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8)) {
            System.setOut(stream);
            main.run(arguments);
        } finally {
            System.setOut(console);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void fineTuneThenSearchAndServe() throws Exception {
        String merged = folder.resolve("merged").toString();
        assertThat(output(FineTune::main, MODEL, photos, merged, "30")).startsWith("wrote ");
        List<String> found = output(SearchFolder::main, merged, photos, "a photo of a red heart")
                .lines()
                .toList();
        assertThat(found).hasSize(5).allMatch(line -> line.contains("red heart"));
        String served = output(
                ServeWithOnnxRuntime::main,
                merged,
                folder.resolve("onnx").toString(),
                "red heart,green leaf",
                Path.of(photos, "green leaf", "0.png").toString(),
                Path.of(photos, "red heart", "1.png").toString());
        assertThat(served.lines().toList()).hasSize(2);
        assertThat(served.lines().toList().get(0)).contains("0.png green leaf");
        assertThat(served.lines().toList().get(1)).contains("1.png red heart");
    }

    @Test
    void theLossOfTheLoopFalls() throws Exception {
        assertThat(lastToFirst(output(LibtorchLoop::main, "60"), "loss ([0-9.]+)"))
                .isLessThan(.6);
    }

    @Test
    void theLossOfNd4jsParametersAndOfTheirAverageFalls() throws Exception {
        String out = output(Nd4jOptimizer::main, "200");
        assertThat(lastToFirst(out, "loss ([0-9.]+)")).isLessThan(.1);
        assertThat(lastToFirst(out, "average ([0-9.]+)")).isLessThan(.1);
    }

    private static double lastToFirst(String out, String pattern) {
        Matcher losses = Pattern.compile(pattern).matcher(out);
        double first = Double.NaN;
        double last = Double.NaN;
        while (losses.find()) {
            last = Double.parseDouble(losses.group(1));
            first = Double.isNaN(first) ? last : first;
        }
        return last / first;
    }
}
