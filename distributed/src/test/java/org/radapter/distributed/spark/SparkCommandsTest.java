package org.radapter.distributed.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.cli.Main;
import org.radapter.distributed.ChildProcess;

/** The commands with {@code --spark}, in a process of their own. */
@Tag("nightly")
class SparkCommandsTest {
    private static final String MODEL = Path.of("..", "models", "emoji-clip").toString();

    @TempDir
    Path folder;

    private Path images;

    @BeforeEach
    void images() throws Exception {
        images = Drawings.in(folder.resolve("images"));
    }

    private ChildProcess.Result run(String command, String output, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(command, "--spark", "local[2,4]"));
        arguments.addAll(List.of("--out", folder.resolve(output).toString()));
        arguments.addAll(List.of(more));
        return run(arguments);
    }

    private ChildProcess.Result run(List<String> command) throws Exception {
        List<String> arguments = new ArrayList<>(command);
        arguments.addAll(List.of("--model", MODEL, "--folder", images.toString()));
        List<String> options =
                List.of(System.getProperty("radapter.spark.options").split(" "));
        return ChildProcess.start(options, Main.class, arguments.toArray()).await();
    }

    @Test
    void classifyGoesOnWhereItWas() throws Exception {
        ChildProcess.Result first = run("classify", "classes", "--labels", "red square,blue square");
        assertThat(first.output()).contains(Drawings.ALL + " images, 1 not readable\nwrote ");
        assertThat(first.status()).isZero();
        ChildProcess.Result again = run("classify", "classes", "--labels", "red square,blue square");
        assertThat(again.output())
                .contains(Drawings.ALL + " images, " + Drawings.ALL + " of them before, 1 not readable\n");
        ChildProcess.Result other = run("embed", "classes");
        assertThat(other.status()).isEqualTo(1);
        assertThat(other.output())
                .contains("radapter: ")
                .contains("as work it has classify, and now it is embed; name a new folder")
                .doesNotContain("not expected");
    }

    @Test
    void evaluateMeasures() throws Exception {
        ChildProcess.Result result = run("evaluate", "sweep");
        assertThat(result.output())
                .containsPattern("as it is +\\S+ +" + Drawings.READABLE + " +[0-9.]+% +[0-9.]+ +1\n");
        assertThat(result.status()).isZero();
    }

    @Test
    void finetuneWritesTheAdaptersOfOneProcess() throws Exception {
        // an image that cannot be read ends a fine-tuning
        Files.delete(images.resolve(Drawings.BROKEN));
        for (List<String> ranks :
                List.of(List.of("--threads", "2"), List.of("--spark", "local[2,4]", "--world", "2"))) {
            List<String> arguments = new ArrayList<>(List.of("finetune", "--steps", "4", "--batch", "64", "--run"));
            arguments.add(folder.resolve("run" + ranks.size()).toString());
            arguments.addAll(ranks);
            ChildProcess.Result result = run(arguments);
            assertThat(result.status()).as(result.output()).isZero();
        }
        for (String file : List.of("adapter.safetensors", "merged.safetensors")) {
            assertThat(folder.resolve("run4").resolve(file))
                    .hasBinaryContent(Files.readAllBytes(folder.resolve("run2").resolve(file)));
        }
        assertThat(folder.resolve("run4/metrics.csv")).content().hasLineCount(5);
    }
}
