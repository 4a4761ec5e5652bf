package org.radapter.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes files so that a reader finds the old content or the new, never a part: to a temporary name in the same
 * directory, synced, renamed, and the directory synced. On failure the temporary file is removed and the old one stays.
 * What a process that was killed left behind is removed when the same file is written again.
 */
public final class AtomicFiles {
    private static final AtomicLong COUNTER = new AtomicLong();
    /** Tells this process from an earlier one of the same number, which in a container is the rule. */
    private static final String PROCESS =
            ProcessHandle.current().pid() + "-" + Long.toHexString(new SecureRandom().nextLong());

    private static final Pattern TEMPORARY = Pattern.compile("(\\d+)-[0-9a-f]+-\\d+\\.tmp");

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
            String prefix = "." + target.getFileName() + ".";
            removeLeftovers(directory, prefix);
            temporary = directory.resolve(prefix + PROCESS + "-" + COUNTER.incrementAndGet() + ".tmp");
            writeAndSync(temporary, content);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            syncDirectory(directory);
        } catch (IOException e) {
            remove(temporary, e);
            throw new IOException(
                    failure(file, e) + "; nothing was left behind, and what stood there before is unchanged", e);
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

    /** Removes the temporary files of processes that are no more. */
    private static void removeLeftovers(Path directory, String prefix) throws IOException {
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(directory, file -> isLeftover(String.valueOf(file.getFileName()), prefix))) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private static boolean isLeftover(String name, String prefix) {
        if (!name.startsWith(prefix) || name.startsWith(prefix + PROCESS)) {
            return false;
        }
        Matcher matcher = TEMPORARY.matcher(name.substring(prefix.length()));
        if (!matcher.matches()) {
            return false;
        }
        long process = Long.parseLong(matcher.group(1));
        return process == ProcessHandle.current().pid()
                || ProcessHandle.of(process).isEmpty();
    }

    private static Path directoryOf(Path absolute) throws IOException {
        Path directory = absolute.getParent();
        if (directory == null) {
            throw new IOException("cannot write " + absolute + ": it is a directory");
        }
        return directory;
    }

    /** A sentence for a file that could not be written; of a full disk it says what to do. */
    public static String failure(Path file, IOException e) {
        String message = String.valueOf(e.getMessage());
        String reason = message.contains("No space left") || message.contains("quota")
                ? "the disk is full (" + message + "); free some space or choose another place"
                : message.isBlank() || message.equals("null") ? e.toString() : message;
        return "cannot write " + file + ": " + reason;
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
