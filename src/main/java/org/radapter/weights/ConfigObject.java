package org.radapter.weights;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One object of a model's configuration: typed values with defaults, and messages that say which file and key. */
record ConfigObject(String where, String path, Map<String, @Nullable Object> values) {
    boolean has(String key) {
        return values.get(key) != null;
    }

    /** The object under {@code key}; null if there is none. */
    @Nullable
    ConfigObject object(String key) throws WeightsFormatException {
        Object value = values.get(key);
        if (value == null) {
            return null;
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw bad(key, "an object");
        }
        Map<String, @Nullable Object> copy = new java.util.LinkedHashMap<>();
        map.forEach((k, v) -> copy.put(String.valueOf(k), v));
        return new ConfigObject(where, path + key + ".", copy);
    }

    /** A whole number; {@code fallback} if there is none. */
    int integer(String key, int fallback) throws WeightsFormatException {
        Object value = values.get(key);
        if (value == null) {
            return fallback;
        }
        if (!(value instanceof Long number) || number < Integer.MIN_VALUE || number > Integer.MAX_VALUE) {
            throw bad(key, "a whole number");
        }
        return number.intValue();
    }

    /** A whole number that must be there. */
    int integer(String key) throws WeightsFormatException {
        if (!has(key)) {
            throw new WeightsFormatException(where + " lacks " + path + key);
        }
        return integer(key, 0);
    }

    /** A whole number, also written as a pair of equal ones (height and width). */
    int side(String key, int fallback) throws WeightsFormatException {
        if (values.get(key) instanceof List<?> pair) {
            if (pair.size() == 2
                    && pair.get(0) instanceof Long height
                    && height.equals(pair.get(1))
                    && height <= Integer.MAX_VALUE) {
                return height.intValue();
            }
            throw bad(key, "a number: only square images and patches are supported");
        }
        return integer(key, fallback);
    }

    /** A number; {@code fallback} if there is none. */
    double number(String key, double fallback) throws WeightsFormatException {
        Object value = values.get(key);
        if (value == null) {
            return fallback;
        }
        if (!(value instanceof Number number)) {
            throw bad(key, "a number");
        }
        return number.doubleValue();
    }

    /** A truth value; {@code fallback} if there is none. */
    boolean flag(String key, boolean fallback) throws WeightsFormatException {
        Object value = values.get(key);
        if (value == null) {
            return fallback;
        }
        if (!(value instanceof Boolean flag)) {
            throw bad(key, "true or false");
        }
        return flag;
    }

    /** A text; {@code fallback} if there is none. */
    String text(String key, String fallback) throws WeightsFormatException {
        Object value = values.get(key);
        if (value == null) {
            return fallback;
        }
        if (!(value instanceof String text)) {
            throw bad(key, "a text");
        }
        return text;
    }

    /** A list of numbers; {@code fallback} if there is none. */
    List<Double> numbers(String key, List<Double> fallback) throws WeightsFormatException {
        Object value = values.get(key);
        if (value == null) {
            return fallback;
        }
        if (!(value instanceof List<?> list)) {
            throw bad(key, "a list of numbers");
        }
        List<Double> numbers = new ArrayList<>();
        for (Object item : list) {
            if (!(item instanceof Number number)) {
                throw bad(key, "a list of numbers");
            }
            numbers.add(number.doubleValue());
        }
        return numbers;
    }

    /**
     * Refuses settings that would change the graph in ways that are not supported: any key not in {@code known} whose
     * value is more than null, false or empty.
     */
    void refuseUnknown(Set<String> known) throws WeightsFormatException {
        for (Map.Entry<String, @Nullable Object> item : values.entrySet()) {
            Object value = item.getValue();
            boolean off = value == null
                    || value.equals(false)
                    || value.equals("")
                    || (value instanceof Map<?, ?> map && map.isEmpty());
            if (!off && !known.contains(item.getKey())) {
                throw new WeightsFormatException(
                        where + " sets " + path + item.getKey() + " to " + value + ", which is not supported");
            }
        }
    }

    /** Refuses any value of {@code key} but {@code supported}. */
    void requireText(String key, String supported) throws WeightsFormatException {
        String value = text(key, supported);
        if (!value.equals(supported)) {
            throw new WeightsFormatException(
                    where + " sets " + path + key + " to '" + value + "'; only '" + supported + "' is supported");
        }
    }

    private WeightsFormatException bad(String key, String expected) {
        return new WeightsFormatException(
                where + ": " + path + key + " is " + values.get(key) + ", but should be " + expected);
    }
}
