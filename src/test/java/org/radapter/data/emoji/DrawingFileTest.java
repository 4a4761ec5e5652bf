package org.radapter.data.emoji;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.data.DataException;

class DrawingFileTest {
    @TempDir
    Path folder;

    @Test
    void givesBackWhatWasWritten() throws IOException {
        DrawingFile file = write();
        assertThat(file.drawings())
                .containsExactly(
                        new Drawing("noto", "1F34E", "red-apple", List.of()),
                        new Drawing("mdi", "bell", "bell-outline", List.of("alarm", "ring")));
        assertThat(file.pixels(0).rgba()).isEqualTo(SyntheticEmoji.noise("a").rgba());
        assertThat(file.pixels(1).rgba()).isEqualTo(SyntheticEmoji.noise("b").rgba());
    }

    @Test
    void everyTruncationAndAFlippedBitAreNoticed() throws IOException {
        write();
        byte[] whole = Files.readAllBytes(path());
        for (int length = 0; length < whole.length; length += 7) {
            Files.write(path(), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> DrawingFile.read(path()))
                    .isInstanceOf(DataException.class)
                    .hasMessageContaining("fetch the data again");
        }
        byte[] flipped = whole.clone();
        flipped[whole.length - 20] ^= 4;
        Files.write(path(), flipped);
        assertThatThrownBy(() -> DrawingFile.read(path()).pixels(1)).isInstanceOf(DataException.class);
        Files.write(path(), Arrays.copyOf(whole, whole.length + 1));
        assertThatThrownBy(() -> DrawingFile.read(path())).hasMessageContaining("follow its last block");
    }

    private DrawingFile write() throws IOException {
        DrawingFile.write(
                path(),
                SyntheticEmoji.PIXELS,
                List.of(
                        new Drawing("noto", "1F34E", "red-apple", List.of()),
                        new Drawing("mdi", "bell", "bell-outline", List.of("alarm", "ring"))),
                List.of(
                        DrawingFile.compress(SyntheticEmoji.noise("a")),
                        DrawingFile.compress(SyntheticEmoji.noise("b"))));
        return DrawingFile.read(path());
    }

    private Path path() {
        return folder.resolve("drawings.bin");
    }
}
