package org.radapter.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.cli.Main;

/** {@code finetune --world}, each rank in a process of its own. */
class FineTuneCommandTest {
    private static final int IMAGES = 6;
    private static final int SIDE = 12;

    @TempDir
    Path folder;

    @BeforeEach
    void images() throws IOException {
        List<Color> colors = List.of(Color.RED, Color.GREEN, Color.BLUE);
        for (int c = 0; c < colors.size(); c++) {
            Path directory = Files.createDirectories(folder.resolve("images/c" + c));
            for (int i = 0; i < IMAGES; i++) {
                BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
                for (int at = 0; at < SIDE * SIDE; at++) {
                    image.setRGB(
                            at % SIDE,
                            at / SIDE,
                            at % (i + 2) == 0 ? 0 : colors.get(c).getRGB());
                }
                ImageIO.write(image, "png", directory.resolve(i + ".png").toFile());
            }
        }
    }

    private ChildProcess start(Path run, String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "finetune",
                "--model",
                Path.of("..", "models", "emoji-clip").toString(),
                "--folder",
                folder.resolve("images").toString(),
                "--run",
                run.toString(),
                "--steps",
                "4",
                "--batch",
                "64",
                "--threads",
                "1"));
        arguments.addAll(List.of(more));
        return ChildProcess.start(List.of("-Djava.awt.headless=true"), Main.class, arguments.toArray());
    }

    @Test
    void twoProcessesWriteTheAdaptersOfOne() throws Exception {
        Path alone = folder.resolve("alone");
        assertThat(start(alone).await().status()).isZero();
        Path together = folder.resolve("together");
        Path follower = folder.resolve("follower");
        String rendezvous = "127.0.0.1:" + Loopback.freePort();
        ChildProcess first = start(together, "--world", "2", "--process", "0", "--rendezvous", rendezvous);
        ChildProcess second = start(follower, "--world", "2", "--process", "1", "--rendezvous", rendezvous);
        ChildProcess.Result told = first.await();
        assertThat(told.status()).as(told.output()).isZero();
        assertThat(second.await()).isEqualTo(new ChildProcess.Result(0, ""));
        assertThat(follower).doesNotExist();
        for (String file : List.of("adapter.safetensors", "merged.safetensors")) {
            assertThat(together.resolve(file)).hasBinaryContent(Files.readAllBytes(alone.resolve(file)));
        }
    }

    @Test
    void whatIsMissingIsSaid() throws Exception {
        ChildProcess.Result nowhere =
                start(folder.resolve("run"), "--world", "2").await();
        assertThat(nowhere.status()).isEqualTo(1);
        assertThat(nowhere.output()).contains("--world 2 needs --rendezvous HOST:PORT");
        ChildProcess.Result nobody = start(
                        folder.resolve("run"),
                        "--world",
                        "2",
                        "--process",
                        "1",
                        "--rendezvous",
                        "127.0.0.1:" + Loopback.freePort(),
                        "--timeout",
                        "1")
                .await();
        assertThat(nobody.status()).isEqualTo(1);
        assertThat(nobody.output())
                .contains("radapter: rank 1 of 2, epoch 0, reaching the store at 127.0.0.1:")
                .doesNotContain("not expected");
    }
}
