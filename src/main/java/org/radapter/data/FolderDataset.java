package org.radapter.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.radapter.clip.image.ImageReader;
import org.radapter.clip.image.RgbaImage;

/**
 * Image files in one folder for each class, which names it ({@code _} stands for a space). Images are read on every call.
 * Immutable and thread-safe.
 */
public final class FolderDataset implements ImageTextDataset {
    private static final Set<String> ENDINGS = Set.of("png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff");

    private final String name;
    private final List<String> classNames;
    private final List<Item> items;

    private record Item(Path file, int label) {}

    private FolderDataset(String name, List<String> classNames, List<Item> items) {
        this.name = name;
        this.classNames = List.copyOf(classNames);
        this.items = List.copyOf(items);
    }

    /**
     * Lists a folder; classes and images are sorted by name, hidden files and files of other endings left out.
     *
     * @throws DataException if there is no such folder, or no image in any folder in it
     * @throws IOException if it cannot be listed
     */
    public static FolderDataset open(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new DataException(folder + " is no folder; name one with a folder of images for each class.");
        }
        List<String> classNames = new ArrayList<>();
        List<Item> items = new ArrayList<>();
        for (Path each : list(folder, Files::isDirectory)) {
            int label = classNames.size();
            classNames.add(fileName(each).replace('_', ' '));
            list(each, FolderDataset::isImage).forEach(file -> items.add(new Item(file, label)));
        }
        if (items.isEmpty()) {
            throw new DataException(folder + " holds no folder with images; put those of each class into a folder named"
                    + " as the class is called.");
        }
        return new FolderDataset(fileName(folder.toAbsolutePath().normalize()), classNames, items);
    }

    private static List<Path> list(Path folder, Predicate<Path> wanted) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> !fileName(entry).startsWith("."))
                    .filter(wanted)
                    .sorted()
                    .toList();
        }
    }

    private static boolean isImage(Path file) {
        String fileName = fileName(file).toLowerCase(Locale.ROOT);
        return ENDINGS.contains(fileName.substring(fileName.lastIndexOf('.') + 1)) && Files.isRegularFile(file);
    }

    private static String fileName(Path file) {
        return String.valueOf(file.getFileName());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return items.size();
    }

    @Override
    public Pixels image(int index) {
        try {
            RgbaImage image = ImageReader.DEFAULT.readRgba(items.get(index).file());
            return new Pixels(image.width(), image.height(), image.pixels());
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    @Override
    public List<String> captions(int index) {
        return List.of(className(label(index)));
    }

    @Override
    public int label(int index) {
        return items.get(index).label();
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public String source(int index) {
        return items.get(index).file().toString();
    }
}
