package org.radapter.cli.reproduce;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.radapter.cli.report.Png;
import org.radapter.clip.image.RgbImage;
import org.radapter.weights.AtomicFiles;

/**
 * The folder of a comparison: {@code cells/}, one file for each finished cell, which appears whole or not at all;
 * and beside some of them what the task shows, a PNG; {@code results.csv}, all rows of all cells, made anew with each; {@code results.md} and {@code report.html},
 * their tables; {@code conditions.txt}, under which all were computed.
 */
public final class ResultsFolder {
    private static final String SUFFIX = ".csv";
    private static final String PICTURE = ".png";

    private final Path path;

    private ResultsFolder(Path path) {
        this.path = path;
    }

    /**
     * The folder, made if it is not there.
     *
     * @param conditions what decides every figure besides task, method and seed: model, budget, version of the tasks
     * @throws IOException if it cannot be read or made
     * @throws IllegalArgumentException if it holds cells of other conditions
     */
    public static ResultsFolder open(Path path, String conditions) throws IOException {
        Path file = path.resolve("conditions.txt");
        if (Files.exists(file)) {
            String found = Files.readString(file);
            if (!found.equals(conditions)) {
                throw new IllegalArgumentException(path + " holds results under other conditions (" + found.strip()
                        + "); name another folder with --run, or remove this one");
            }
        } else {
            AtomicFiles.writeString(file, conditions);
        }
        return new ResultsFolder(path);
    }

    /** Where all rows are. */
    public Path results() {
        return path.resolve("results.csv");
    }

    /** Where the tables are, in Markdown. */
    public Path tables() {
        return path.resolve("results.md");
    }

    /** Where the report is. */
    public Path report() {
        return path.resolve("report.html");
    }

    private Path file(ResultRow.Cell cell) {
        return file(cell, SUFFIX);
    }

    private Path file(ResultRow.Cell cell, String suffix) {
        return path.resolve("cells").resolve(cell.task()).resolve(cell.method() + "-seed-" + cell.seed() + suffix);
    }

    /**
     * Keeps what a cell shows, before the cell itself is added.
     *
     * @throws IOException if the file cannot be written
     */
    public void addPicture(ResultRow.Cell cell, RgbImage picture) throws IOException {
        AtomicFiles.write(file(cell, PICTURE), Png.of(picture));
    }

    /**
     * The picture of a cell, a PNG; null if it has none.
     *
     * @throws IOException if it cannot be read
     */
    public byte @Nullable [] picture(ResultRow.Cell cell) throws IOException {
        Path file = file(cell, PICTURE);
        return Files.exists(file) ? Files.readAllBytes(file) : null;
    }

    /** Whether a cell is finished. */
    public boolean has(ResultRow.Cell cell) {
        return Files.exists(file(cell));
    }

    /**
     * Keeps a finished cell.
     *
     * @throws IOException if a file cannot be written
     */
    public void add(ResultRow.Cell cell, List<ResultRow> rows) throws IOException {
        String lines = rows.stream().map(row -> row.lineWithItems() + "\n").collect(Collectors.joining());
        AtomicFiles.writeString(file(cell), ResultRow.HEADER + ",items\n" + lines);
        writeResults();
    }

    /**
     * Writes all rows of all finished cells into one file.
     *
     * @throws IOException if a file cannot be read or written
     */
    public void writeResults() throws IOException {
        String lines = rows().stream().map(row -> row.line() + "\n").collect(Collectors.joining());
        AtomicFiles.writeString(results(), ResultRow.HEADER + "\n" + lines);
    }

    /**
     * All rows of all finished cells, by name of task, method and seed.
     *
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException naming the file, if one holds something else
     */
    public List<ResultRow> rows() throws IOException {
        List<ResultRow> rows = new ArrayList<>();
        for (Path file : cells()) {
            List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
            for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
                try {
                    rows.add(ResultRow.parse(line));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(
                            file + " is damaged; remove it, and the cell is computed again", e);
                }
            }
        }
        return rows;
    }

    private List<Path> cells() throws IOException {
        Path cells = path.resolve("cells");
        if (!Files.isDirectory(cells)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(cells)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX))
                    .sorted(Comparator.comparing(Path::toString))
                    .toList();
        }
    }
}
