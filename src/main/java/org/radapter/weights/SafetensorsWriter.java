package org.radapter.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/**
 * Writes safetensors files, one tensor in memory at a time.
 *
 * <p>The same tensors and metadata give the same bytes: wide element types come first (so that every tensor is aligned
 * in the file), then names in order.
 */
public final class SafetensorsWriter {
    private static final int PIECE_BYTES = 1 << 20;

    private SafetensorsWriter() {}

    /**
     * Writes all tensors of {@code source} as they are.
     *
     * @throws IOException if a tensor cannot be read or the file not written; see {@link AtomicFiles}
     */
    public static void write(Path file, TensorSource source, Map<String, String> metadata) throws IOException {
        write(file, source, metadata, null);
    }

    /**
     * Writes all tensors of {@code source}, whose own metadata is not copied.
     *
     * @param floatingType what floating-point tensors are converted to; null leaves them as they are
     * @throws IllegalArgumentException if {@code floatingType} is no floating-point type
     * @throws IOException if a tensor cannot be read or converted, or the file not written; see {@link AtomicFiles}
     */
    public static void write(Path file, TensorSource source, Map<String, String> metadata, @Nullable DType floatingType)
            throws IOException {
        if (floatingType != null && !floatingType.isFloating()) {
            throw new IllegalArgumentException("weights cannot be written as " + floatingType);
        }
        List<Item> items = layout(source, floatingType);
        byte[] header = header(items, metadata);
        AtomicFiles.write(file, channel -> {
            AtomicFiles.writeFully(channel, ByteBuffer.wrap(header));
            for (Item item : items) {
                writeTensor(channel, source, item);
            }
        });
    }

    private record Item(String name, DType dtype, long[] shape, long bytes) {}

    private static List<Item> layout(TensorSource source, @Nullable DType floatingType) throws IOException {
        List<Item> items = new ArrayList<>();
        for (String name : source.names()) {
            DType stored = source.dtype(name);
            DType dtype = floatingType != null && stored.isFloating() ? floatingType : stored;
            long[] shape = source.shape(name);
            long bytes = dtype.bytes();
            for (long extent : shape) {
                bytes = Math.multiplyExact(bytes, extent);
            }
            items.add(new Item(name, dtype, shape, bytes));
        }
        items.sort(Comparator.comparingInt((Item item) -> -item.dtype().bytes()).thenComparing(Item::name));
        return items;
    }

    private static byte[] header(List<Item> items, Map<String, String> metadata) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            json.put("__metadata__", new TreeMap<>(metadata));
        }
        long at = 0;
        for (Item item : items) {
            Map<String, @Nullable Object> entry = new LinkedHashMap<>();
            entry.put("dtype", StoredType.of(item.dtype()).name());
            entry.put("shape", boxed(item.shape()));
            entry.put("data_offsets", List.of(at, at + item.bytes()));
            json.put(item.name(), entry);
            at += item.bytes();
        }
        byte[] text = Json.formatCompact(json).getBytes(StandardCharsets.UTF_8);
        int length = (text.length + 7) / 8 * 8;
        ByteBuffer header = ByteBuffer.allocate(8 + length).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(length).put(text);
        while (header.hasRemaining()) {
            header.put((byte) ' ');
        }
        return header.array();
    }

    private static List<Long> boxed(long[] values) {
        List<Long> list = new ArrayList<>();
        for (long value : values) {
            list.add(value);
        }
        return list;
    }

    private static void writeTensor(FileChannel channel, TensorSource source, Item item) throws IOException {
        Tensor tensor = HostTensors.allocate(item.dtype(), item.shape());
        source.read(item.name(), tensor);
        ByteBuffer bytes = HostTensors.littleEndian(tensor);
        int end = bytes.limit();
        while (bytes.position() < end) {
            AtomicFiles.writeFully(channel, bytes.limit(Math.min(end, bytes.position() + PIECE_BYTES)));
        }
    }
}
