package org.radapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system of a few KiB in memory; needs a user who may mount one. */
public final class SmallDisk implements AutoCloseable {
    private static final int PAGE = 4096;

    private final Path directory;

    /** Mounts one at a new directory; where that is not allowed the test is skipped. */
    public SmallDisk(Path directory, int kibibytes) throws IOException, InterruptedException {
        this.directory = Files.createDirectory(directory);
        String size = "size=" + kibibytes + "k";
        assumeTrue(run("mount", "-t", "tmpfs", "-o", size, "tmpfs", directory.toString()) == 0, "cannot mount tmpfs");
    }

    /** Its root. */
    public Path directory() {
        return directory;
    }

    /** Writes the file {@code ballast}, which leaves no room. */
    public void fill() throws IOException {
        try (OutputStream ballast = Files.newOutputStream(directory.resolve("ballast"))) {
            byte[] page = new byte[PAGE];
            while (true) {
                ballast.write(page);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    private static int run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
        } catch (IOException e) {
            return -1;
        }
    }

    @Override
    public void close() throws InterruptedException {
        assertThat(run("umount", directory.toString())).isZero();
    }
}
