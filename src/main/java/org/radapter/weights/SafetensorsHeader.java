package org.radapter.weights;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The header of a safetensors file, checked so that every byte of the file belongs to exactly one tensor.
 *
 * @param dataStart first byte after the header
 * @param entries tensors by name
 * @param metadata the free-form notes
 */
record SafetensorsHeader(long dataStart, SortedMap<String, Entry> entries, Map<String, String> metadata) {
    private static final long MAX_BYTES = 100_000_000;
    private static final int MAX_RANK = 32;

    /**
     * One tensor.
     *
     * @param begin first byte, counted from the end of the header
     * @param end the byte after its last
     */
    record Entry(StoredType type, long[] shape, long begin, long end) {
        long count() {
            return (end - begin) / type.bytes();
        }
    }

    /**
     * Reads and checks the header of the file behind {@code channel}.
     *
     * @param file names the file in messages
     */
    static SafetensorsHeader read(FileChannel channel, Path file) throws IOException {
        String where = file.toString();
        long size = channel.size();
        byte[] prefix = bytes(channel, 0, (int) Math.min(8, size), where);
        PickleFiles.refuse(prefix, file);
        if (size < 10) {
            throw bad(where, "it has only " + size + " bytes");
        }
        long length = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 2 || length > size - 8) {
            throw bad(
                    where,
                    "its header would have " + Long.toUnsignedString(length) + " bytes, but the file has " + size
                            + ", so it is truncated or no safetensors file");
        }
        if (length > MAX_BYTES) {
            throw bad(where, "its header has " + length + " bytes, more than the format's limit of " + MAX_BYTES);
        }
        byte[] json = bytes(channel, 8, (int) length, where);
        if (json[0] != '{') {
            throw bad(where, "its header does not begin with {");
        }
        return parse(Json.parseObject(json, "the header of " + where), 8 + length, size, where);
    }

    private static SafetensorsHeader parse(Map<String, @Nullable Object> json, long dataStart, long size, String where)
            throws WeightsFormatException {
        SortedMap<String, Entry> entries = new TreeMap<>();
        Map<String, String> metadata = Map.of();
        for (Map.Entry<String, @Nullable Object> item : json.entrySet()) {
            if (item.getKey().equals("__metadata__")) {
                metadata = metadata(item.getValue(), where);
            } else {
                entries.put(item.getKey(), entry(item.getKey(), item.getValue(), where));
            }
        }
        checkLayout(entries, size - dataStart, where);
        return new SafetensorsHeader(dataStart, Collections.unmodifiableSortedMap(entries), metadata);
    }

    private static Map<String, String> metadata(@Nullable Object json, String where) throws WeightsFormatException {
        if (!(json instanceof Map<?, ?> map)) {
            throw bad(where, "its __metadata__ is no object");
        }
        Map<String, String> metadata = new TreeMap<>();
        for (Map.Entry<?, ?> item : map.entrySet()) {
            if (!(item.getValue() instanceof String text)) {
                throw bad(where, "its metadata '" + item.getKey() + "' is no string");
            }
            metadata.put((String) item.getKey(), text);
        }
        return Collections.unmodifiableMap(metadata);
    }

    private static Entry entry(String name, @Nullable Object json, String where) throws WeightsFormatException {
        if (!(json instanceof Map<?, ?> map)
                || map.size() != 3
                || !(map.get("dtype") instanceof String dtype)
                || !(map.get("shape") instanceof List<?> shape)
                || !(map.get("data_offsets") instanceof List<?> offsets)) {
            throw bad(where, "tensor '" + name + "' is not described by dtype, shape and data_offsets");
        }
        StoredType type = StoredType.named(dtype);
        if (type == null) {
            throw bad(where, "tensor '" + name + "' has the unknown element type '" + dtype + "'");
        }
        long[] range = longs(offsets, 2, "data_offsets", name, where);
        if (offsets.size() != 2 || range[1] < range[0]) {
            throw bad(where, "tensor '" + name + "' has data_offsets " + offsets);
        }
        Entry entry = new Entry(type, longs(shape, MAX_RANK, "shape", name, where), range[0], range[1]);
        long expected = byteCount(entry, name, where);
        if (expected != entry.end() - entry.begin()) {
            throw bad(
                    where,
                    "tensor '" + name + "' " + dtype + shape + " needs " + expected + " bytes, but its data_offsets "
                            + offsets + " hold " + (entry.end() - entry.begin()));
        }
        return entry;
    }

    private static long[] longs(List<?> list, int limit, String what, String name, String where)
            throws WeightsFormatException {
        if (list.size() > limit) {
            throw bad(where, "tensor '" + name + "' has " + list.size() + " numbers in its " + what);
        }
        long[] values = new long[list.size()];
        for (int i = 0; i < values.length; i++) {
            if (!(list.get(i) instanceof Long value) || value < 0) {
                throw bad(where, "tensor '" + name + "' has '" + list.get(i) + "' in its " + what);
            }
            values[i] = value;
        }
        return values;
    }

    private static long byteCount(Entry entry, String name, String where) throws WeightsFormatException {
        try {
            long count = entry.type().bytes();
            for (long extent : entry.shape()) {
                count = Math.multiplyExact(count, extent);
            }
            return count;
        } catch (ArithmeticException e) {
            throw new WeightsFormatException(
                    "cannot read " + where + ": the size of tensor '" + name + "' overflows", e);
        }
    }

    private static void checkLayout(SortedMap<String, Entry> entries, long dataBytes, String where)
            throws WeightsFormatException {
        List<Map.Entry<String, Entry>> inOrder = new ArrayList<>(entries.entrySet());
        inOrder.sort(Comparator.comparingLong(
                        (Map.Entry<String, Entry> e) -> e.getValue().begin())
                .thenComparingLong(e -> e.getValue().end()));
        long at = 0;
        for (Map.Entry<String, Entry> item : inOrder) {
            Entry entry = item.getValue();
            if (entry.begin() != at) {
                throw bad(
                        where,
                        "tensor '" + item.getKey() + "' begins at byte " + entry.begin()
                                + (entry.begin() < at
                                        ? ", inside the tensor before it, which ends at "
                                        : ", after a hole from ")
                                + at);
            }
            at = entry.end();
        }
        if (at > dataBytes) {
            throw bad(
                    where,
                    "its tensors need " + at + " bytes, but only " + dataBytes + " are there, so it is truncated");
        }
        if (at < dataBytes) {
            throw bad(where, (dataBytes - at) + " bytes follow its last tensor");
        }
    }

    private static byte[] bytes(FileChannel channel, long position, int count, String where) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException(where + " became shorter while it was read");
            }
        }
        return buffer.array();
    }

    private static WeightsFormatException bad(String where, String what) {
        return new WeightsFormatException("cannot read " + where + ": " + what
                + "; the file is damaged or was written wrongly: download, copy or convert it again");
    }
}
