package org.radapter.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.SmallDisk;
import org.radapter.tensor.DType;

class AtomicFilesTest {
    @TempDir
    Path directory;

    @Test
    void replacesAFileAndMakesItsDirectory() throws IOException {
        Path file = directory.resolve("a/b/c.txt");
        AtomicFiles.writeString(file, "one");
        AtomicFiles.writeString(file, "zwei äöü");
        assertThat(file).hasContent("zwei äöü");
        assertThat(names(file.resolveSibling(""))).containsExactly("c.txt");
    }

    @Test
    void writesThroughALink() throws IOException {
        Path real = directory.resolve("real.txt");
        Files.writeString(real, "old");
        Path link = Files.createSymbolicLink(directory.resolve("link.txt"), real);
        AtomicFiles.writeString(link, "new");
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(real).hasContent("new");
    }

    @Test
    void aDirectoryIsNoFile() {
        assertThatThrownBy(() -> AtomicFiles.writeString(directory, "x"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is a directory");
    }

    @Test
    void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = directory.resolve("model.bin");
        Files.writeString(file, "old");
        assertThatThrownBy(() -> AtomicFiles.write(file, channel -> {
                    AtomicFiles.writeFully(channel, ByteBuffer.allocate(1000));
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("model.bin")
                .hasMessageContaining("disk is full")
                .hasMessageContaining("free some space");
        assertThatThrownBy(() -> AtomicFiles.write(file, channel -> {
                    throw new IllegalStateException("bug");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(file).hasContent("old");
        assertThat(names(directory)).containsExactly("model.bin");
    }

    /** Such as a process leaves that is killed while it writes; in a container all have the same number. */
    @Test
    void whatDeadProcessesLeftIsRemovedAndNothingElse() throws IOException {
        long here = ProcessHandle.current().pid();
        long alive = ProcessHandle.current().parent().orElseThrow().pid();
        long dead = 1L << 40;
        for (String name : List.of(
                ".m.bin." + here + "-1234abcd-1.tmp",
                ".m.bin." + dead + "-1-7.tmp",
                ".m.bin." + alive + "-1-7.tmp",
                ".m.bin.mine.tmp",
                ".other.bin." + dead + "-1-7.tmp")) {
            Files.writeString(directory.resolve(name), "part");
        }
        AtomicFiles.writeString(directory.resolve("m.bin"), "whole");
        assertThat(names(directory))
                .containsExactlyInAnyOrder(
                        ".m.bin." + alive + "-1-7.tmp", ".m.bin.mine.tmp", ".other.bin." + dead + "-1-7.tmp", "m.bin");
    }

    @Test
    void aFullDiskIsSaidAndLeavesNothing() throws IOException, InterruptedException {
        try (SmallDisk disk = new SmallDisk(directory.resolve("small"), 64)) {
            Path file = disk.directory().resolve("model.safetensors");
            var fits = TensorSources.of(Map.of("t", HostTensors.allocate(DType.F32, 100)));
            SafetensorsWriter.write(file, fits, Map.of());
            byte[] before = Files.readAllBytes(file);
            var tooLarge = TensorSources.of(Map.of("t", HostTensors.allocate(DType.F32, 100_000)));
            assertThatThrownBy(() -> SafetensorsWriter.write(file, tooLarge, Map.of()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("model.safetensors")
                    .hasMessageContaining("disk is full");
            assertThat(names(disk.directory())).containsExactly("model.safetensors");
            assertThat(Files.readAllBytes(file)).isEqualTo(before);
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
