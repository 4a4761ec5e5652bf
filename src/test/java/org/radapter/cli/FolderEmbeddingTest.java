package org.radapter.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Color;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.data.Progress;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;

class FolderEmbeddingTest {
    private static final int IMAGES = 150;
    private static final String FINGERPRINT = "0123456789abcdef0123";

    @TempDir
    private Path directory;

    private final Kernels kernels = Backends.open("cpu");
    private final ClipParameters weights = ClipParameters.random(kernels, DType.F32, SmallModel.CONFIG, 0, 3);
    private final ClipModel model = new ClipModel(kernels, weights, DType.F32, null);
    private Path folder = Path.of("");

    @BeforeEach
    void images() throws IOException {
        folder = directory.resolve("images");
        for (int i = 0; i < IMAGES; i++) {
            String name = i == 7 ? "a \"quoted\", name" : "image" + i;
            SmallModel.image(folder.resolve("part" + i % 3).resolve(name + ".png"), new Color(i, 255 - i, 40), i % 5);
        }
    }

    @AfterEach
    void close() {
        model.close();
        weights.close();
        kernels.close();
    }

    private FolderEmbedding embedding(EmbeddingLines format, Progress progress) {
        return new FolderEmbedding(model, format, progress);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @EnumSource(EmbeddingLines.class)
    void aRunThatWasKilledGoesOnAfterItsLastWholeLine(EmbeddingLines format) throws IOException {
        Path whole = directory.resolve("whole");
        FolderEmbedding.Outcome undisturbed = embedding(format, Progress.SILENT).run(folder, whole, FINGERPRINT);
        assertThat(undisturbed).isEqualTo(new FolderEmbedding.Outcome(IMAGES, 0, List.of()));

        Path target = directory.resolve("killed");
        assertThatThrownBy(() -> embedding(format, (task, done, total) -> {
                            throw new IllegalStateException("killed");
                        })
                        .run(folder, target, FINGERPRINT))
                .hasMessage("killed");
        assertThat(target).doesNotExist();
        Path partial = directory.resolve(".killed." + FINGERPRINT.substring(0, 16) + ".partial");
        Files.write(partial, "\"torn li".getBytes(StandardCharsets.UTF_8), StandardOpenOption.APPEND);
        // a kill may come within a character
        Files.write(partial, new byte[] {(byte) 0xc3}, StandardOpenOption.APPEND);

        List<Long> seen = new ArrayList<>();
        FolderEmbedding.Outcome resumed =
                embedding(format, (task, done, total) -> seen.add(done)).run(folder, target, FINGERPRINT);
        assertThat(resumed).isEqualTo(new FolderEmbedding.Outcome(IMAGES, 64, List.of()));
        assertThat(seen).containsExactly(128L, 150L);
        assertThat(target).hasSameTextualContentAs(whole);
        assertThat(files()).containsExactly("images", "killed", "whole");
    }

    @Test
    void linesOfAnotherModelAreNotTakenOver() throws IOException {
        Path target = directory.resolve("out.csv");
        Path other = Files.writeString(directory.resolve(".out.csv.ffffffffffffffff.partial"), "\"x\",1\n");
        assertThat(embedding(EmbeddingLines.CSV, Progress.SILENT)
                        .run(folder, target, FINGERPRINT)
                        .found())
                .isZero();
        assertThat(other).doesNotExist();
        assertThat(Files.readAllLines(target)).hasSize(IMAGES);
    }

    @Test
    void imagesThatCannotBeReadAreNamedAndLeftOut() throws IOException {
        Files.writeString(folder.resolve("part0").resolve("broken.png"), "no image");
        Path target = directory.resolve("out.csv");
        FolderEmbedding.Outcome outcome =
                embedding(EmbeddingLines.CSV, Progress.SILENT).run(folder, target, FINGERPRINT);
        assertThat(outcome.embedded()).isEqualTo(IMAGES);
        assertThat(outcome.failures()).singleElement().asString().startsWith("part0/broken.png: ");
        assertThat(Files.readString(target)).doesNotContain("broken");
    }

    @Test
    void aFolderWithoutImagesIsAnError() throws IOException {
        Path empty = Files.createDirectory(directory.resolve("empty"));
        FolderEmbedding embedding = embedding(EmbeddingLines.CSV, Progress.SILENT);
        assertThatThrownBy(() -> embedding.run(empty, directory.resolve("out"), FINGERPRINT))
                .hasMessageContaining("no image");
        assertThatThrownBy(() -> embedding.run(directory.resolve("nowhere"), directory.resolve("out"), FINGERPRINT))
                .isInstanceOf(NoSuchFileException.class);
    }

    @ParameterizedTest
    @EnumSource(EmbeddingLines.class)
    void linesAreReadAsTheyWereWritten(EmbeddingLines format) throws IOException {
        float[] row = {1e-30f, -.1f, Float.MIN_VALUE, 0.333333343f};
        String name = "a \"name\", with \\ and ü";
        EmbeddingLines.Row read = format.parse(format.line(name, row));
        assertThat(read.name()).isEqualTo(name);
        assertThat(read.embedding()).containsExactly(row);
        assertThatThrownBy(() -> format.parse("\"torn")).isInstanceOf(IOException.class);
    }
}
