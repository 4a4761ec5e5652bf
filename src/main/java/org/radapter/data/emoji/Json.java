package org.radapter.data.emoji;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.data.DataException;

/** JSON as plain maps, lists, strings and numbers: enough for the files of these packages. */
final class Json {
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxStringLength(64 << 20).build())
            .build();

    private Json() {}

    /** The object in a file. */
    static Map<String, Object> readObject(Path file) {
        return object(read(file));
    }

    /** The array in a file. */
    static List<Object> readArray(Path file) {
        return array(read(file));
    }

    /** The object in UTF-8 bytes. */
    static Map<String, Object> parse(byte[] utf8) {
        try (JsonParser parser = FACTORY.createParser(utf8)) {
            parser.nextToken();
            return object(value(parser));
        } catch (IOException e) {
            throw new DataException("Not JSON: " + e.getMessage(), e);
        }
    }

    private static Object read(Path file) {
        try (JsonParser parser = FACTORY.createParser(Files.newBufferedReader(file))) {
            parser.nextToken();
            Object value = value(parser);
            if (value == null) {
                throw new DataException("holds nothing but null");
            }
            return value;
        } catch (IOException | DataException e) {
            throw new DataException(
                    "Cannot read " + file + " (" + e.getMessage() + "); delete its folder and fetch the data again", e);
        }
    }

    private static @Nullable Object value(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw new DataException("ends too early");
        }
        return switch (token) {
            case START_OBJECT -> objectValue(parser);
            case START_ARRAY -> arrayValue(parser);
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw new DataException("unexpected " + token);
        };
    }

    private static Map<String, Object> objectValue(JsonParser parser) throws IOException {
        Map<String, Object> members = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            Object value = value(parser);
            if (value != null) {
                members.put(name, value);
            }
        }
        return members;
    }

    private static List<Object> arrayValue(JsonParser parser) throws IOException {
        List<Object> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            Object value = value(parser);
            if (value != null) {
                elements.add(value);
            }
        }
        return elements;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(@Nullable Object value) {
        return value instanceof Map ? (Map<String, Object>) value : Map.of();
    }

    @SuppressWarnings("unchecked")
    static List<Object> array(@Nullable Object value) {
        return value instanceof List ? (List<Object>) value : List.of();
    }

    static List<String> strings(@Nullable Object value) {
        return array(value).stream().map(Object::toString).toList();
    }

    static String text(Map<String, Object> object, String name) {
        Object value = object.get(name);
        return value instanceof String text ? text : "";
    }

    static double number(Map<String, Object> object, String name, double otherwise) {
        return object.get(name) instanceof Double number ? number : otherwise;
    }

    static boolean flag(Map<String, Object> object, String name) {
        return Boolean.TRUE.equals(object.get(name));
    }
}
