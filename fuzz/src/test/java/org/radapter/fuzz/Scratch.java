package org.radapter.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory that goes when the process does. */
final class Scratch {
    static final Path DIRECTORY = make();

    /** What a vocabulary that was read is tried on. */
    static final String TEXT = "a photo of a cat, 2 é\u0000\ud83d\ude00";

    private Scratch() {}

    private static Path make() {
        try {
            Path directory = Files.createTempDirectory("radapter-fuzz");
            directory.toFile().deleteOnExit();
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file with this content; a later one of the same name takes its place. */
    static Path file(String name, byte[] content) throws IOException {
        Path file = DIRECTORY.resolve(name);
        Files.createDirectories(file.getParent());
        file.toFile().deleteOnExit();
        return Files.write(file, content);
    }
}
