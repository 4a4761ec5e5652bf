package org.radapter.cli.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A table of words and numbers for a console: columns aligned by what a terminal shows, not by how many bytes it takes
 * (combining marks take no column; East Asian wide characters and emoji take two).
 */
public final class TextTable {
    private static final int GAP = 3;

    /** The blocks of Unicode's East Asian Width that are wide throughout, and the emoji: first, last. */
    private static final int[][] WIDE = {
        {0x1100, 0x115F},
        {0x2E80, 0x303E},
        {0x3041, 0xA4CF},
        {0xAC00, 0xD7A3},
        {0xF900, 0xFAFF},
        {0xFE30, 0xFE6F},
        {0xFF00, 0xFF60},
        {0xFFE0, 0xFFE6},
        {0x1F300, 0x1F64F},
        {0x1F680, 0x1F6FF},
        {0x1F900, 0x1FAFF},
        {0x20000, 0x3FFFD}
    };

    private final List<String> header;
    private final List<List<String>> rows = new ArrayList<>();

    /** A table with these column names; the first column is aligned left, the others right. */
    public TextTable(String... header) {
        if (header.length == 0) {
            throw new IllegalArgumentException("a table has at least one column");
        }
        this.header = List.of(header);
    }

    /**
     * Adds a row.
     *
     * @throws IllegalArgumentException if it has another number of cells than the header
     */
    public TextTable row(String... cells) {
        if (cells.length != header.size()) {
            throw new IllegalArgumentException(
                    "a row of " + cells.length + " cells in a table of " + header.size() + " columns");
        }
        rows.add(Arrays.stream(cells).map(TextTable::oneLine).toList());
        return this;
    }

    /** The lines of the table: header, rule, rows. */
    public List<String> lines() {
        int[] widths = new int[header.size()];
        List<List<String>> all = new ArrayList<>(rows);
        all.add(0, header);
        for (List<String> row : all) {
            for (int c = 0; c < widths.length; c++) {
                widths[c] = Math.max(widths[c], width(row.get(c)));
            }
        }
        List<String> lines = new ArrayList<>();
        lines.add(line(header, widths));
        lines.add("─".repeat(Arrays.stream(widths).sum() + GAP * (widths.length - 1)));
        rows.forEach(row -> lines.add(line(row, widths)));
        return lines;
    }

    /** The lines, each ended. */
    @Override
    public String toString() {
        return String.join("\n", lines()) + "\n";
    }

    private static String line(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int c = 0; c < widths.length; c++) {
            String padding = " ".repeat(widths[c] - width(cells.get(c)));
            if (c == 0) {
                line.append(cells.get(c)).append(padding);
            } else {
                line.append(" ".repeat(GAP)).append(padding).append(cells.get(c));
            }
        }
        return line.toString().stripTrailing();
    }

    private static String oneLine(String cell) {
        return cell.replaceAll("\\p{Cntrl}+", " ");
    }

    /** Number of terminal columns a text takes. */
    static int width(String text) {
        return text.codePoints().map(TextTable::width).sum();
    }

    private static int width(int codePoint) {
        int type = Character.getType(codePoint);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK || type == Character.FORMAT) {
            return 0;
        }
        return isWide(codePoint) ? 2 : 1;
    }

    private static boolean isWide(int codePoint) {
        for (int[] range : WIDE) {
            if (codePoint >= range[0] && codePoint <= range[1]) {
                return true;
            }
        }
        return false;
    }
}
