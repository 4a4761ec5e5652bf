package org.radapter.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A name and its unit vector as a line of text. Floats are written so that they are read back as they were. */
enum EmbeddingLines {
    /** {@code "name",number,…}. */
    CSV,
    /** {@code {"name":"…","embedding":[…]}}. */
    JSON;

    private static final JsonFactory JSON_FACTORY = new JsonFactory();

    /** What a line holds. */
    record Row(String name, float[] embedding) {}

    /** A line, without its end. */
    String line(String name, float[] row) {
        String numbers = IntStream.range(0, row.length)
                .mapToObj(i -> Float.toString(row[i]))
                .collect(Collectors.joining(","));
        return this == CSV
                ? '"' + name.replace("\"", "\"\"") + "\"," + numbers
                : "{\"name\":" + quotedJson(name) + ",\"embedding\":[" + numbers + "]}";
    }

    /**
     * Reads what {@link #line} wrote.
     *
     * @throws IOException if it did not write this
     */
    Row parse(String line) throws IOException {
        try {
            return this == CSV ? parseCsv(line) : parseJson(line);
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new IOException("no line of embeddings: " + line, e);
        }
    }

    private static Row parseCsv(String line) {
        int end = 1;
        while (line.charAt(end) != '"' || line.startsWith("\"\"", end)) {
            end += line.charAt(end) == '"' ? 2 : 1;
        }
        String[] numbers = line.substring(end + 2).split(",");
        return new Row(line.substring(1, end).replace("\"\"", "\""), floats(Arrays.asList(numbers)));
    }

    private static Row parseJson(String line) throws IOException {
        try (JsonParser parser = JSON_FACTORY.createParser(line)) {
            parser.nextToken();
            parser.nextToken();
            String name = parser.nextTextValue();
            List<String> numbers = new ArrayList<>();
            while (parser.nextToken() != null) {
                if (parser.currentToken() == JsonToken.VALUE_NUMBER_FLOAT
                        || parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
                    numbers.add(parser.getText());
                }
            }
            if (name == null) {
                throw new IOException("no line of embeddings: " + line);
            }
            return new Row(name, floats(numbers));
        }
    }

    private static float[] floats(List<String> numbers) {
        float[] values = new float[numbers.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.parseFloat(numbers.get(i));
        }
        return values;
    }

    static String quotedJson(String text) {
        return '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }
}
