package org.radapter.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.radapter.clip.ClipModel;
import org.radapter.clip.image.ImageReader;
import org.radapter.data.FolderDataset;
import org.radapter.data.Progress;
import org.radapter.train.ImageEmbedder;
import org.radapter.weights.AtomicFiles;

/**
 * Embeds all images of a folder into a file of lines, a batch at a time: each batch is added to a file beside the target
 * and synced, so that a run that was killed goes on after the last one. That file is named after the weights, lest lines
 * of two models come together, and takes the target's name in the end.
 */
final class FolderEmbedding {
    private static final int FINGERPRINT = 16;
    private static final int BLOCK = 1 << 16;

    private final EmbeddingLines format;
    private final Progress progress;
    private final ImageEmbedder embedder;

    /**
     * What was done.
     *
     * @param embedded lines in the file
     * @param found those of them that were there when the run began
     * @param failures images that could not be read, and why
     */
    record Outcome(long embedded, long found, List<String> failures) {}

    FolderEmbedding(ClipModel model, EmbeddingLines format, Progress progress) {
        this.format = format;
        this.progress = progress;
        this.embedder = new ImageEmbedder(model, true);
    }

    /**
     * Embeds what is not embedded yet.
     *
     * @param fingerprint of the weights
     * @throws IOException if the folder holds no image or cannot be read, or the file cannot be written
     */
    Outcome run(Path folder, Path target, String fingerprint) throws IOException {
        List<Path> images = images(folder);
        Path partial = partial(target, fingerprint);
        Files.createDirectories(partial.getParent());
        List<String> failures = new ArrayList<>();
        Set<String> found;
        long embedded;
        try (FileChannel channel = FileChannel.open(
                partial, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            found = complete(channel, partial);
            embedded = found.size();
            List<Path> missing = images.stream()
                    .filter(image -> !found.contains(name(folder, image)))
                    .toList();
            for (int from = 0; from < missing.size(); from += ImageEmbedder.BATCH) {
                List<Path> batch = missing.subList(from, Math.min(missing.size(), from + ImageEmbedder.BATCH));
                embedded += embed(folder, batch, channel, target, failures);
                progress.update("embedding", embedded + failures.size(), images.size());
            }
        }
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        removeOthers(target);
        return new Outcome(embedded, found.size(), failures);
    }

    private static List<Path> images(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new NoSuchFileException(folder.toString(), null, "there is no such folder");
        }
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> images = all.filter(FolderDataset::isImage).sorted().toList();
            if (images.isEmpty()) {
                throw new IOException("there is no image in " + folder);
            }
            return images;
        }
    }

    private static String name(Path folder, Path image) {
        return folder.relativize(image).toString();
    }

    private static Path partial(Path target, String fingerprint) {
        return target.toAbsolutePath()
                .resolveSibling(prefix(target) + fingerprint.substring(0, FINGERPRINT) + ".partial");
    }

    private static String prefix(Path target) {
        return "." + target.getFileName() + ".";
    }

    /** Names of the whole lines of an earlier run; a torn one at the end is cut off, and writing goes on there. */
    private Set<String> complete(FileChannel channel, Path partial) throws IOException {
        long end = endOfLastLine(channel);
        channel.truncate(end).position(end);
        Set<String> names = new HashSet<>();
        try (Stream<String> lines = Files.lines(partial, StandardCharsets.UTF_8)) {
            for (String line : (Iterable<String>) lines::iterator) {
                names.add(format.parse(line).name());
            }
        }
        return names;
    }

    private static long endOfLastLine(FileChannel channel) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        for (long end = channel.size(); end > 0; ) {
            long from = Math.max(0, end - BLOCK);
            block.clear().limit((int) (end - from));
            while (block.hasRemaining() && channel.read(block, from + block.position()) >= 0) {
                // until the block is full
            }
            for (int i = block.position() - 1; i >= 0; i--) {
                if (block.get(i) == '\n') {
                    return from + i + 1;
                }
            }
            end = from;
        }
        return 0;
    }

    private int embed(Path folder, List<Path> batch, FileChannel channel, Path target, List<String> failures)
            throws IOException {
        List<ImageEmbedder.Embedded> embedded = embedder.embed(
                batch.stream().map(image -> source(folder, image)).toList());
        List<String> names = new ArrayList<>();
        List<float[]> rows = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            String name = name(folder, batch.get(i));
            float[] row = embedded.get(i).embedding();
            if (row == null) {
                failures.add(name + ": " + embedded.get(i).error());
            } else {
                names.add(name);
                rows.add(row);
            }
        }
        try {
            append(channel, names, rows.toArray(float[][]::new));
        } catch (IOException e) {
            throw new IOException(
                    AtomicFiles.failure(target, e) + "; what is embedded is kept: the same command goes on from there",
                    e);
        }
        return names.size();
    }

    private static ImageEmbedder.Source source(Path folder, Path image) {
        return () -> {
            String name = name(folder, image);
            if (name.indexOf('\n') >= 0 || name.indexOf('\r') >= 0) {
                throw new IOException("its name has a line break");
            }
            return ImageReader.DEFAULT.readRgba(image);
        };
    }

    private void append(FileChannel channel, List<String> names, float[][] rows) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < rows.length; i++) {
            lines.append(format.line(names.get(i), rows[i])).append('\n');
        }
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(lines.toString());
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        channel.force(false);
    }

    /** What runs with other weights left behind. */
    private static void removeOthers(Path target) throws IOException {
        Path directory = target.toAbsolutePath().getParent();
        if (directory == null) {
            return;
        }
        try (DirectoryStream<Path> others = Files.newDirectoryStream(
                directory,
                path -> path.getFileName().toString().startsWith(prefix(target))
                        && path.toString().endsWith(".partial"))) {
            for (Path other : others) {
                Files.delete(other);
            }
        }
    }
}
