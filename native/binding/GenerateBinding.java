import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.tools.Builder;

/**
 * Writes the C++ of the binding by JavaCPP's generator, each time the same.
 *
 * <p>The generator goes through the methods of a class in the order in which the virtual machine lists them, and that is
 * another one from run to run. Two things follow it, and are sorted here: the functions that Java calls, none of which
 * needs another, and in two tables the members of each structure, which are looked up by name.
 *
 * <pre>{@code java -cp CLASSES:JAVACPP GenerateBinding.java CLASSES DIRECTORY PACKAGE.*}</pre>
 */
final class GenerateBinding {
    private static final Pattern FUNCTION = Pattern.compile("(?ms)^JNIEXPORT [^\n]* Java_.*?^}\n");
    private static final Pattern NAMES =
            Pattern.compile("(?ms)^static const char\\* JavaCPP_members\\[\\d+]\\[\\d+] = \\{\n(.*?) };\n");
    private static final Pattern OFFSETS =
            Pattern.compile("(?ms)^static int JavaCPP_offsets\\[\\d+]\\[\\d+] = \\{\n(.*?) };\n");
    private static final Pattern ROW = Pattern.compile("\\{ (.*) }");
    /** Between the cells of a row, and not within parentheses. */
    private static final String SEPARATOR = ", (?![^(]*\\))";

    private GenerateBinding() {}

    /** Runs alone. */
    public static void main(String[] arguments) throws Exception {
        File[] files = new Builder()
                .classPaths(arguments[0])
                .outputDirectory(new File(arguments[1]))
                .compile(false)
                .deleteJniFiles(false)
                .classesOrPackages(arguments[2])
                .build();
        for (File file : files) {
            sort(file.toPath());
        }
    }

    private static void sort(Path file) throws IOException {
        String source = Files.readString(file);
        Files.writeString(file, sortedFunctions(sortedMembers(source)));
    }

    private static String sortedFunctions(String source) {
        List<String> functions = new ArrayList<>();
        Matcher matcher = FUNCTION.matcher(source);
        while (matcher.find()) {
            functions.add(matcher.group());
        }
        if (functions.isEmpty()) {
            throw new IllegalStateException("no function is found; JavaCPP writes them in another way than it did");
        }
        functions.sort(Comparator.naturalOrder());
        int start = source.indexOf("JNIEXPORT", source.lastIndexOf('\n', source.indexOf(" Java_")));
        String between = FUNCTION.matcher(source.substring(start)).replaceAll("");
        if (!between.strip().equals("}")) {
            throw new IllegalStateException("not functions alone, which could change places: " + between);
        }
        return source.substring(0, start) + String.join("", functions) + "\n}\n";
    }

    private static String sortedMembers(String source) {
        Matcher names = NAMES.matcher(source);
        Matcher offsets = OFFSETS.matcher(source);
        if (!names.find() || !offsets.find()) {
            throw new IllegalStateException(
                    "no table of members is found; JavaCPP writes it in another way than it did");
        }
        String[] nameRows = names.group(1).split("\n");
        String[] offsetRows = offsets.group(1).split("\n");
        for (int row = 0; row < nameRows.length; row++) {
            String[] nameCells = cells(nameRows[row]);
            String[] offsetCells = cells(offsetRows[row]);
            Integer[] order = new Integer[nameCells.length];
            Arrays.setAll(order, i -> i);
            Arrays.sort(order, Comparator.comparing(i -> nameCells[i]));
            nameRows[row] = reordered(nameRows[row], nameCells, order);
            offsetRows[row] = reordered(offsetRows[row], offsetCells, order);
        }
        // the tables follow one another, so that the second is put in first
        StringBuilder sorted = new StringBuilder(source);
        sorted.replace(offsets.start(1), offsets.end(1), String.join("\n", offsetRows));
        sorted.replace(names.start(1), names.end(1), String.join("\n", nameRows));
        return sorted.toString();
    }

    private static String[] cells(String row) {
        Matcher matcher = ROW.matcher(row);
        if (!matcher.find()) {
            throw new IllegalStateException("no row of members: " + row);
        }
        return matcher.group(1).split(SEPARATOR);
    }

    private static String reordered(String row, String[] cells, Integer[] order) {
        List<String> sorted = Arrays.stream(order).map(i -> cells[i]).toList();
        return ROW.matcher(row).replaceFirst(Matcher.quoteReplacement("{ " + String.join(", ", sorted) + " }"));
    }
}
