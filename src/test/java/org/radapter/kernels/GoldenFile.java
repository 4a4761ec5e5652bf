package org.radapter.kernels;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/** A safetensors file of golden vectors, read whole; F64, F32, I32 and U8 tensors. */
final class GoldenFile {
    private final String name;
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final Map<String, long[]> shapes = new LinkedHashMap<>();
    private final Map<String, double[]> tensors = new LinkedHashMap<>();

    private GoldenFile(String name) {
        this.name = name;
    }

    /** The directory of golden files: system property {@code radapter.golden}, else the one of this project. */
    static Path directory() {
        return Path.of(System.getProperty("radapter.golden", "src/test/resources/golden"));
    }

    /** All files whose name begins with one of {@code prefixes}, by name. */
    static List<GoldenFile> all(String... prefixes) {
        try (Stream<Path> files = Files.list(directory())) {
            return files.filter(file ->
                            Stream.of(prefixes).anyMatch(file.getFileName().toString()::startsWith))
                    .filter(file -> file.toString().endsWith(".safetensors"))
                    .sorted()
                    .map(GoldenFile::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static GoldenFile read(Path path) {
        GoldenFile file = new GoldenFile(path.getFileName().toString().replace(".safetensors", ""));
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
            byte[] header = new byte[Math.toIntExact(bytes.getLong())];
            bytes.get(header);
            file.parse(new String(header, StandardCharsets.UTF_8), bytes.slice().order(ByteOrder.LITTLE_ENDIAN));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    private void parse(String header, ByteBuffer data) throws IOException {
        try (JsonParser json = new JsonFactory().createParser(header)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                json.nextToken();
                if (key.equals("__metadata__")) {
                    while (json.nextToken() == JsonToken.FIELD_NAME) {
                        settings.put(json.currentName(), json.nextTextValue());
                    }
                } else {
                    parseTensor(key, json, data);
                }
            }
        }
    }

    private void parseTensor(String key, JsonParser json, ByteBuffer data) throws IOException {
        String dtype = "";
        List<Long> shape = List.of();
        List<Long> range = List.of();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "dtype" -> dtype = json.getText();
                case "shape" -> shape = numbers(json);
                case "data_offsets" -> range = numbers(json);
                default -> throw new IOException(name + ": unknown field " + field + " of " + key);
            }
        }
        shapes.put(key, shape.stream().mapToLong(Long::longValue).toArray());
        int begin = Math.toIntExact(range.get(0));
        ByteBuffer bytes =
                data.slice(begin, Math.toIntExact(range.get(1)) - begin).order(ByteOrder.LITTLE_ENDIAN);
        tensors.put(key, decode(dtype, bytes));
    }

    private static List<Long> numbers(JsonParser json) throws IOException {
        List<Long> numbers = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            numbers.add(json.getLongValue());
        }
        return numbers;
    }

    private static double[] decode(String dtype, ByteBuffer bytes) throws IOException {
        int width = switch (dtype) {
            case "F64" -> 8;
            case "F32", "I32" -> 4;
            case "U8" -> 1;
            default -> throw new IOException("no golden tensor has type " + dtype);
        };
        double[] values = new double[bytes.remaining() / width];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (dtype) {
                case "F64" -> bytes.getDouble();
                case "F32" -> bytes.getFloat();
                case "I32" -> bytes.getInt();
                default -> bytes.get() & 0xff;
            };
        }
        return values;
    }

    String name() {
        return name;
    }

    TreeSet<String> tensorNames() {
        return new TreeSet<>(tensors.keySet());
    }

    boolean has(String tensor) {
        return tensors.containsKey(tensor);
    }

    /** Elements in row-major order; the file's own array. */
    double[] values(String tensor) {
        return require(tensors, tensor);
    }

    int[] integers(String tensor) {
        double[] values = values(tensor);
        int[] integers = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            integers[i] = (int) values[i];
        }
        return integers;
    }

    long[] shape(String tensor) {
        return require(shapes, tensor);
    }

    /** A number of the metadata. */
    double number(String setting) {
        return Double.parseDouble(require(settings, setting));
    }

    /** A number of the metadata, {@code otherwise} where it says nothing. */
    double number(String setting, double otherwise) {
        return settings.containsKey(setting) ? number(setting) : otherwise;
    }

    private <T> T require(Map<String, T> map, String key) {
        T value = map.get(key);
        if (value == null) {
            throw new IllegalArgumentException(name + " has no " + key + ", only " + map.keySet());
        }
        return value;
    }

    @Override
    public String toString() {
        return name;
    }
}
