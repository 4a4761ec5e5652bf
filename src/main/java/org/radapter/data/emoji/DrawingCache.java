package org.radapter.data.emoji;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.radapter.data.DataException;
import org.radapter.data.DataOptions;
import org.radapter.data.Progress;

/**
 * The folder of fetched and rendered data. Each of its two parts is made in a temporary folder and renamed when it is
 * whole, under a lock, so that neither a kill nor a second process leaves or sees half of one. The packages themselves
 * (218 MB unpacked) are not kept.
 */
final class DrawingCache {
    /** Pixels a side. */
    static final int PIXELS = 64;

    /** To be raised whenever the same packages give other files than before. */
    private static final int FORMAT = 2;

    private static final String DRAWINGS = "drawings.bin";
    private static final String LOCK = ".lock";
    private static final String UNFINISHED = ".unfinished-";

    /** What can be fetched by itself. */
    enum Part {
        /** Emoji of all styles with their texts. */
        EMOJI,
        /** Icon sets, wanted for pre-training and the icon benchmark. */
        ICONS;

        String folder() {
            return name().toLowerCase(Locale.ROOT) + "-" + FORMAT + "-" + NpmPackages.lockId();
        }
    }

    private final DataOptions options;
    private final Progress progress;

    DrawingCache(DataOptions options, Progress progress) {
        this.options = options;
        this.progress = progress;
    }

    /** Where a part lies or would lie. */
    Path folder(Part part) {
        return options.cache().resolve(part.folder());
    }

    boolean has(Part part) {
        return Files.isRegularFile(folder(part).resolve(DRAWINGS));
    }

    /** The drawings of a part, fetched and rendered if they are not there. */
    DrawingFile open(Part part) {
        if (!has(part)) {
            make(part);
        }
        return DrawingFile.read(folder(part).resolve(DRAWINGS));
    }

    private void make(Part part) {
        Path root = options.cache();
        try {
            Files.createDirectories(root);
            try (FileChannel channel =
                            FileChannel.open(root.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                if (!lock.isValid()) {
                    throw new DataException("The lock of " + root + " was lost; try again.");
                }
                deleteUnfinished(root);
                if (!has(part)) {
                    makeLocked(root, part);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot prepare the emoji data in " + root + ": " + e.getMessage(), e);
        }
    }

    private void makeLocked(Path root, Part part) throws IOException {
        Path work = Files.createTempDirectory(root, UNFINISHED);
        try {
            Path fetched = Files.createDirectory(work.resolve("fetched"));
            NpmPackages.install(fetched, part == Part.ICONS, progress);
            Path packages = fetched.resolve("node_modules");
            Path made = Files.createDirectory(work.resolve("made"));
            List<RenderJob> jobs =
                    part == Part.ICONS ? IconJobs.list(packages, PIXELS) : EmojiJobs.list(packages, PIXELS);
            if (part == Part.EMOJI) {
                keepTexts(packages, made);
            }
            render(jobs, part == Part.ICONS ? "rendering icons" : "rendering emoji", made.resolve(DRAWINGS));
            Files.move(made, folder(part), StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new DataException(
                    root + " is on a file system without atomic renames; choose another folder with "
                            + DataOptions.CACHE_VARIABLE + ".",
                    e);
        } finally {
            deleteTree(work);
        }
    }

    private static void keepTexts(Path packages, Path made) throws IOException {
        for (String file : ConceptTexts.FILES) {
            Path target = made.resolve(file);
            Files.createDirectories(target.getParent());
            Files.copy(packages.resolve(file), target);
        }
    }

    private void render(List<RenderJob> jobs, String task, Path file) throws IOException {
        ExecutorService pool = Executors.newFixedThreadPool(options.threads(), work -> {
            Thread thread = new Thread(work, "radapter-render");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Future<Optional<byte[]>>> futures = new ArrayList<>();
            for (RenderJob job : jobs) {
                futures.add(pool.submit(() -> job.render().get().map(DrawingFile::compress)));
            }
            List<Drawing> drawings = new ArrayList<>();
            List<byte[]> blocks = new ArrayList<>();
            for (int i = 0; i < jobs.size(); i++) {
                Drawing drawing = jobs.get(i).drawing();
                futures.get(i).get().ifPresent(block -> {
                    drawings.add(drawing);
                    blocks.add(block);
                });
                progress.update(task, i + 1, jobs.size());
            }
            DrawingFile.write(file, PIXELS, drawings, blocks);
        } catch (ExecutionException e) {
            throw new DataException("A drawing could not be rendered: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DataException("Interrupted while rendering.", e);
        } finally {
            pool.shutdownNow();
        }
    }

    private static void deleteUnfinished(Path root) throws IOException {
        List<Path> left;
        try (Stream<Path> entries = Files.list(root)) {
            left = entries.filter(entry -> entry.getFileName().toString().startsWith(UNFINISHED))
                    .toList();
        }
        for (Path folder : left) {
            deleteTree(folder);
        }
    }

    private static void deleteTree(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
