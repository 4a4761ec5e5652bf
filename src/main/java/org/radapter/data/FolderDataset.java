package org.radapter.data;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.radapter.clip.image.ImageReader;
import org.radapter.clip.image.RgbaImage;

/**
 * A user's own images: a folder with a CSV file of captions, or a folder with one folder of images for each class.
 *
 * <p>Images are read when they are asked for. Immutable and thread-safe.
 */
public final class FolderDataset implements ImageTextDataset {
    private static final Set<String> IMAGE_ENDINGS = Set.of(".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff");
    private static final String CAPTIONS = "captions.csv";
    private static final String FILE = "file";
    private static final String CAPTION = "caption";
    private static final String LABEL = "label";
    private static final int MOST_TOLD = 10;

    private final Path folder;
    private final boolean hasCaptions;
    private final List<Entry> entries;
    private final List<String> classNames;

    private record Entry(Path file, List<String> captions, int label) {}

    private FolderDataset(Path folder, boolean hasCaptions, List<Entry> entries, List<String> classNames) {
        this.folder = folder;
        this.hasCaptions = hasCaptions;
        this.entries = List.copyOf(entries);
        this.classNames = List.copyOf(classNames);
    }

    /**
     * A folder with a file {@code captions.csv} ({@link #withCaptions}) or else with a folder for each class
     * ({@link #ofClasses}).
     */
    public static FolderDataset open(Path folder) {
        Path captions = folder.resolve(CAPTIONS);
        return Files.exists(captions) ? withCaptions(folder, captions) : ofClasses(folder);
    }

    /**
     * Images with captions from a CSV file in UTF-8 whose first line is {@code file,caption} or
     * {@code file,caption,label}. Several captions of an image stand on several lines; the file names are relative to
     * {@code folder}. Classes are the labels in the order in which they first appear.
     *
     * @throws DataException naming the line, if the file is not UTF-8 or not such a table, if an image has two labels or
     *     none where others have, or if the captions are empty; naming the images that are missing
     */
    public static FolderDataset withCaptions(Path folder, Path captions) {
        List<CsvReader.Row> rows = CsvReader.read(captions);
        if (rows.size() < 2) {
            throw new DataException(captions + " has no captions; its first line must be \"file,caption\" or"
                    + " \"file,caption,label\", and a line for each caption must follow.");
        }
        boolean labelled = checkHeader(captions, rows.get(0).fields());
        Map<String, List<String>> captionsOf = new LinkedHashMap<>();
        Map<String, String> labelOf = new LinkedHashMap<>();
        for (CsvReader.Row row : rows.subList(1, rows.size())) {
            String where = captions + ", line " + row.line() + ": ";
            checkRow(where, row.fields(), labelled);
            String file = row.fields().get(0);
            captionsOf
                    .computeIfAbsent(file, key -> new ArrayList<>())
                    .add(row.fields().get(1).strip());
            if (labelled) {
                String label = row.fields().get(2).strip();
                String other = labelOf.putIfAbsent(file, label);
                if (other != null && !other.equals(label)) {
                    throw new DataException(where + file + " has the label \"" + label + "\" but had \"" + other
                            + "\" before; an image has one label.");
                }
            }
        }
        return make(folder, captionsOf, labelOf);
    }

    private static boolean checkHeader(Path captions, List<String> header) {
        if (header.equals(List.of(FILE, CAPTION, LABEL))) {
            return true;
        }
        if (!header.equals(List.of(FILE, CAPTION))) {
            throw new DataException(captions + ", line 1: the columns are " + header
                    + " but must be file,caption or file,caption,label.");
        }
        return false;
    }

    private static void checkRow(String where, List<String> fields, boolean labelled) {
        int wanted = labelled ? 3 : 2;
        if (fields.size() != wanted) {
            throw new DataException(where + "there are " + fields.size() + " fields but must be " + wanted
                    + "; put a caption with commas in double quotes.");
        }
        for (String field : fields) {
            if (field.isBlank()) {
                throw new DataException(where + "a field is empty.");
            }
        }
        if (fields.get(0).indexOf('\0') >= 0) {
            throw new DataException(where + "the file name has a zero byte; is this a text file?");
        }
    }

    private static FolderDataset make(Path folder, Map<String, List<String>> captionsOf, Map<String, String> labelOf) {
        List<String> missing = captionsOf.keySet().stream()
                .filter(file -> !Files.isRegularFile(folder.resolve(file)))
                .toList();
        if (!missing.isEmpty()) {
            String more = missing.size() > MOST_TOLD ? ", …" : "";
            throw new DataException(missing.size() + " image files are missing from " + folder + ": "
                    + String.join(", ", missing.subList(0, Math.min(MOST_TOLD, missing.size()))) + more);
        }
        List<String> classNames = List.copyOf(new LinkedHashSet<>(labelOf.values()));
        List<Entry> entries = new ArrayList<>();
        captionsOf.forEach((file, captions) -> entries.add(new Entry(
                folder.resolve(file),
                List.copyOf(captions),
                labelOf.isEmpty() ? -1 : classNames.indexOf(labelOf.get(file)))));
        return new FolderDataset(folder, true, entries, classNames);
    }

    /**
     * A folder whose sub-folders are the classes: a sub-folder's name, with {@code _} as space, is the class name and
     * the caption of every image in it. Classes and images are in order of their names.
     *
     * @throws DataException naming it, if a class has no image, or if there is no class
     */
    public static FolderDataset ofClasses(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new DataException("There is no folder " + folder + ".");
        }
        List<Path> classes =
                children(folder).stream().filter(Files::isDirectory).toList();
        if (classes.isEmpty()) {
            throw new DataException(folder + " has no sub-folders; put the images of each class in a folder named after"
                    + " the class.");
        }
        List<Entry> entries = new ArrayList<>();
        List<String> classNames = new ArrayList<>();
        for (Path images : classes) {
            String className = fileName(images).replace('_', ' ');
            List<Path> files =
                    children(images).stream().filter(FolderDataset::isImage).toList();
            if (files.isEmpty()) {
                throw new DataException("The class \"" + className + "\" has no image: " + images
                        + " holds no PNG, JPEG, BMP, GIF or TIFF file.");
            }
            files.forEach(file -> entries.add(new Entry(file, List.of(className), classNames.size())));
            classNames.add(className);
        }
        return new FolderDataset(folder, false, entries, classNames);
    }

    private static Set<Path> children(Path folder) {
        try (Stream<Path> children = Files.list(folder)) {
            Set<Path> sorted = new TreeSet<>();
            children.filter(child -> !fileName(child).startsWith(".")).forEach(sorted::add);
            return sorted;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot list " + folder + ": " + e.getMessage(), e);
        }
    }

    private static String fileName(Path path) {
        Path last = path.getFileName();
        return last == null ? path.toString() : last.toString();
    }

    /** How the names of images end, in lower case. */
    public static Set<String> imageEndings() {
        return IMAGE_ENDINGS;
    }

    /** Whether this is a file, and its name ends as an image's does. */
    public static boolean isImage(Path file) {
        String lower = fileName(file).toLowerCase(Locale.ROOT);
        return Files.isRegularFile(file) && IMAGE_ENDINGS.stream().anyMatch(lower::endsWith);
    }

    @Override
    public String name() {
        return folder.toString();
    }

    @Override
    public int size() {
        return entries.size();
    }

    /** Whether the captions are a user's own, not the names of classes. */
    public boolean hasCaptions() {
        return hasCaptions;
    }

    /** The file of an image, for readers of their own. */
    public Path file(int index) {
        return entries.get(index).file();
    }

    /** The file's name within the folder, with {@code /} between its parts: the same wherever the folder lies. */
    public String relativeName(int index) {
        return folder.relativize(file(index)).toString().replace(File.separatorChar, '/');
    }

    /**
     * The image, with its alpha.
     *
     * @throws DataException naming it, if the file is no image that this Java reads
     */
    @Override
    public Pixels image(int index) {
        try {
            RgbaImage image = ImageReader.DEFAULT.readRgba(file(index));
            return new Pixels(image.width(), image.height(), image.pixels());
        } catch (IOException e) {
            throw new DataException("Cannot read the image " + file(index) + ": " + e.getMessage(), e);
        }
    }

    @Override
    public List<String> captions(int index) {
        return entries.get(index).captions();
    }

    @Override
    public int label(int index) {
        return entries.get(index).label();
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public String source(int index) {
        return file(index).toString();
    }
}
