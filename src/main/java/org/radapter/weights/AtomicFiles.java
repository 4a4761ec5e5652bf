package org.radapter.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Writes files so that a reader finds the old content or the new, never a part: to a temporary name in the same
 * directory, synced, renamed, and the directory synced. On failure the temporary file is removed and the old one stays.
 */
public final class AtomicFiles {
    private static final AtomicLong COUNTER = new AtomicLong();

    private AtomicFiles() {}

    /** Writes the content of one file. */
    @FunctionalInterface
    public interface Content {
        /** Writes everything to {@code channel}, which is at position 0 and is closed by the caller. */
        void writeTo(FileChannel channel) throws IOException;
    }

    /**
     * Writes {@code file}, whose directory is made if it is missing.
     *
     * @throws IOException if it cannot be written, such as on a full disk; the message names the file
     */
    public static void write(Path file, Content content) throws IOException {
        Path target = file.toAbsolutePath();
        if (Files.isDirectory(target)) {
            throw new IOException("cannot write " + file + ": it is a directory");
        }
        if (Files.exists(target)) {
            target = target.toRealPath();
        }
        Path directory = directoryOf(target);
        @Nullable Path temporary = null;
        try {
            Files.createDirectories(directory);
            temporary = directory.resolve("." + target.getFileName() + "."
                    + ProcessHandle.current().pid() + "-" + COUNTER.incrementAndGet() + ".tmp");
            writeAndSync(temporary, content);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            syncDirectory(directory);
        } catch (IOException e) {
            remove(temporary, e);
            throw new IOException(
                    "cannot write " + file + ": " + reason(e) + "; nothing was left behind, and what stood there"
                            + " before is unchanged",
                    e);
        } catch (RuntimeException | Error e) {
            remove(temporary, e);
            throw e;
        }
    }

    /** Writes {@code bytes} as {@link #write(Path, Content)} does. */
    public static void write(Path file, byte[] bytes) throws IOException {
        write(file, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
    }

    /** Writes {@code text} in UTF-8 as {@link #write(Path, Content)} does. */
    public static void writeString(Path file, String text) throws IOException {
        write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Makes renamed and new files of {@code directory} survive a power failure. */
    public static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int unused = channel.write(bytes);
        }
    }

    private static void writeAndSync(Path temporary, Content content) throws IOException {
        try (FileChannel channel =
                FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            content.writeTo(channel);
            channel.force(true);
        }
    }

    private static Path directoryOf(Path absolute) throws IOException {
        Path directory = absolute.getParent();
        if (directory == null) {
            throw new IOException("cannot write " + absolute + ": it is a directory");
        }
        return directory;
    }

    private static String reason(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("No space left") || message.contains("quota")
                ? "the disk is full (" + message + "); free some space or choose another place"
                : message.isBlank() || message.equals("null") ? e.toString() : message;
    }

    private static void remove(@Nullable Path temporary, Throwable failure) {
        if (temporary == null) {
            return;
        }
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }
}
