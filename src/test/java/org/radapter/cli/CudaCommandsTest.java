package org.radapter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.kernels.CudaTest;
import org.radapter.tensor.DType;

/** Commands with {@code --device cuda}, from the outside. */
@CudaTest
class CudaCommandsTest {
    @TempDir
    Path folder;

    private static String ok(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.execute(
                Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)), arguments);
        assertThat(err.toString()).isEmpty();
        assertThat(status).isZero();
        return out.toString();
    }

    @Test
    void infoTellsOfTheGpu() {
        assertThat(ok("info")).containsPattern("backend cuda +cuda:0, ").containsPattern("auto means +cuda");
    }

    /** Losses of a few steps, after a path through reading, training, evaluating and writing. */
    @Test
    void fineTuningHasTheLossesOfTheCpu() throws IOException {
        Path model = folder.resolve("model");
        SmallModel.write(model);
        for (int i = 0; i < 4; i++) {
            SmallModel.image(folder.resolve("classes/red/" + i + ".png"), Color.RED, i);
            SmallModel.image(folder.resolve("classes/blue/" + i + ".png"), Color.BLUE, i);
        }
        List<Double> cpu = fineTune(model, "cpu");
        List<Double> gpu = fineTune(model, "cuda");
        assertThat(cpu).hasSize(3);
        assertThat(gpu).hasSize(3);
        for (int step = 0; step < 3; step++) {
            double allowed = 1e3 * DType.F32.unitRoundoff() * cpu.get(step);
            assertThat(Math.abs(gpu.get(step) - cpu.get(step))).as("step " + step).isLessThanOrEqualTo(allowed);
        }
        assertThat(folder.resolve("cuda/adapter.safetensors")).exists();
        String embedding = ok(
                "embed",
                "--device",
                "cuda",
                "--model",
                model.toString(),
                "--adapter",
                folder.resolve("cuda/adapter.safetensors").toString(),
                folder.resolve("classes/red/0.png").toString());
        assertThat(embedding).contains("red/0.png").doesNotContain("NaN");
    }

    private List<Double> fineTune(Path model, String device) throws IOException {
        Path run = folder.resolve(device);
        ok(
                "finetune",
                "--device",
                device,
                "--model",
                model.toString(),
                "--folder",
                folder.resolve("classes").toString(),
                "--run",
                run.toString(),
                "--steps",
                "3",
                "--batch",
                "8",
                "--rank",
                "2");
        List<String> lines = Files.readAllLines(run.resolve("metrics.csv"));
        int column = List.of(lines.get(0).split(",")).indexOf("loss");
        return lines.stream()
                .skip(1)
                .map(line -> Double.valueOf(line.split(",")[column]))
                .toList();
    }
}
