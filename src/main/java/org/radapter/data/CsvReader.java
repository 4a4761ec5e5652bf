package org.radapter.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Comma-separated values as RFC 4180 has them: fields in double quotes may hold commas, line ends and doubled quotes.
 * UTF-8 and nothing else; a byte order mark is skipped.
 */
final class CsvReader {
    private final Path file;
    private final String text;
    private final List<Row> rows = new ArrayList<>();
    private int position;
    private int line = 1;

    /**
     * One record.
     *
     * @param line where it begins in the file, from 1
     */
    record Row(int line, List<String> fields) {}

    private CsvReader(Path file, String text) {
        this.file = file;
        this.text = text;
    }

    /** All records of a file; empty lines are left out. */
    static List<Row> read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new DataException(
                    "There is no file " + file + "; give the folder and the CSV file of its captions.", e);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + file + ": " + e.getMessage(), e);
        }
        String text = decode(file, bytes);
        return new CsvReader(file, text.startsWith("\uFEFF") ? text.substring(1) : text).parse();
    }

    private static String decode(Path file, byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new DataException(
                    file + ", line " + firstBadLine(bytes) + ": not UTF-8; save the file as UTF-8 and try again.", e);
        }
    }

    private static int firstBadLine(byte[] bytes) {
        int start = 0;
        int line = 1;
        for (int i = 0; i <= bytes.length; i++) {
            if (i == bytes.length || bytes[i] == '\n') {
                try {
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, start, i - start));
                } catch (CharacterCodingException e) {
                    return line;
                }
                start = i + 1;
                line++;
            }
        }
        return line - 1;
    }

    private List<Row> parse() {
        while (position < text.length()) {
            int begin = line;
            List<String> fields = new ArrayList<>();
            boolean more = true;
            while (more) {
                fields.add(field());
                more = position < text.length() && text.charAt(position) == ',';
                if (more) {
                    position++;
                }
            }
            endOfLine();
            if (fields.size() > 1 || !fields.get(0).isBlank()) {
                rows.add(new Row(begin, List.copyOf(fields)));
            }
        }
        return List.copyOf(rows);
    }

    private String field() {
        if (position < text.length() && text.charAt(position) == '"') {
            return quotedField();
        }
        int begin = position;
        while (position < text.length() && ",\r\n".indexOf(text.charAt(position)) < 0) {
            position++;
        }
        return text.substring(begin, position);
    }

    private String quotedField() {
        int begin = line;
        StringBuilder field = new StringBuilder();
        position++;
        while (position < text.length()) {
            char c = text.charAt(position++);
            if (c == '\n') {
                line++;
            }
            if (c != '"') {
                field.append(c);
            } else if (position < text.length() && text.charAt(position) == '"') {
                field.append('"');
                position++;
            } else {
                return field.toString();
            }
        }
        throw new DataException(file + ", line " + begin + ": a quoted field is never closed.");
    }

    private void endOfLine() {
        if (position == text.length()) {
            return;
        }
        if (text.charAt(position) == '\r') {
            position++;
        }
        if (position < text.length() && text.charAt(position) == '\n') {
            position++;
        } else if (position < text.length() && text.charAt(position - 1) != '\r') {
            throw new DataException(file + ", line " + line + ": text follows a closing quote; double the quotes inside"
                    + " a quoted field.");
        }
        line++;
    }
}
