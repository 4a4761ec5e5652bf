package org.radapter.weights.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.radapter.weights.AtomicFiles;
import org.radapter.weights.Protobuf;

/** A graph of ONNX operators that grows node by node, and its file. Field numbers are those of {@code onnx.proto}. */
final class OnnxGraph {
    /** Version of the file format, and of the operators: the first with LayerNormalization. */
    private static final int IR_VERSION = 8;

    private static final int OPSET = 17;

    static final int FLOAT = 1;
    static final int INT64 = 7;

    /** Where the weights come from when the file is written. */
    @FunctionalInterface
    interface Values {
        /** The numbers of a weight, in the order of its extents. */
        float[] get() throws IOException;
    }

    private record Initializer(byte[] head, long bytes, Values values) {
        long size() {
            return head.length + bytes;
        }
    }

    private final String name;
    private final List<Protobuf> nodes = new ArrayList<>();
    private final Map<String, Initializer> initializers = new LinkedHashMap<>();
    private final List<Protobuf> inputs = new ArrayList<>();
    private final List<Protobuf> outputs = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private int results;

    OnnxGraph(String name) {
        this.name = name;
    }

    /** An attribute of a node. */
    record Attribute(Protobuf message) {
        static Attribute integer(String name, long value) {
            return new Attribute(new Protobuf().text(1, name).integer(3, value).integer(20, 2));
        }

        static Attribute integers(String name, long... values) {
            Protobuf message = new Protobuf().text(1, name);
            Arrays.stream(values).forEach(value -> message.integer(8, value));
            return new Attribute(message.integer(20, 7));
        }

        static Attribute real(String name, double value) {
            return new Attribute(
                    new Protobuf().text(1, name).real(2, (float) value).integer(20, 1));
        }
    }

    /** A value given from outside; its first extent is the batch. */
    String input(String input, int type, long... shape) {
        inputs.add(value(input, type, shape));
        return input;
    }

    /** Gives a result to the outside by another name; its first extent is the batch. */
    void output(String output, String result, int type, long... shape) {
        nodes.add(new Protobuf().text(1, result).text(2, output).text(4, "Identity"));
        outputs.add(value(output, type, shape));
    }

    private static Protobuf value(String name, int type, long... shape) {
        Protobuf extents = new Protobuf().message(1, new Protobuf().text(2, "batch"));
        Arrays.stream(shape).forEach(extent -> extents.message(1, new Protobuf().integer(1, extent)));
        Protobuf tensor = new Protobuf().integer(1, type).message(2, extents);
        return new Protobuf().text(1, name).message(2, new Protobuf().message(1, tensor));
    }

    /** The first result of an operator. */
    String node(String operator, List<String> arguments, Attribute... attributes) {
        return node(operator, arguments, 1, attributes).get(0);
    }

    /** All results of an operator. */
    List<String> node(String operator, List<String> arguments, int count, Attribute... attributes) {
        Protobuf node = new Protobuf();
        arguments.forEach(argument -> node.text(1, argument));
        List<String> own = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            own.add("v" + results++);
        }
        own.forEach(result -> node.text(2, result));
        node.text(4, operator);
        Arrays.stream(attributes).forEach(attribute -> node.message(5, attribute.message()));
        nodes.add(node);
        return own;
    }

    /** Floats that are part of the file, asked for when it is written. */
    String weight(String weight, Values values, long... shape) {
        if (!initializers.containsKey(weight)) {
            long bytes = 4 * Arrays.stream(shape).reduce(1, Math::multiplyExact);
            Protobuf head = new Protobuf();
            Arrays.stream(shape).forEach(extent -> head.integer(1, extent));
            head.integer(2, FLOAT).text(8, weight).begin(9, bytes);
            initializers.put(weight, new Initializer(head.toBytes(), bytes, values));
        }
        return weight;
    }

    /** A few floats. */
    String floats(String constant, float[] values, long... shape) {
        return weight(constant, () -> values, shape);
    }

    /** A few integers. */
    String integers(String constant, long... values) {
        if (!initializers.containsKey(constant)) {
            ByteBuffer data = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
            Arrays.stream(values).forEach(data::putLong);
            Protobuf head =
                    new Protobuf().integer(1, values.length).integer(2, INT64).text(8, constant);
            byte[] message = join(head.begin(9, data.capacity()).toBytes(), data.array());
            initializers.put(constant, new Initializer(message, 0, () -> new float[0]));
        }
        return constant;
    }

    private static byte[] join(byte[] head, byte[] tail) {
        byte[] both = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, both, head.length, tail.length);
        return both;
    }

    /** A note in the file. */
    void note(String key, String value) {
        metadata.put(key, value);
    }

    /**
     * Writes the file, one weight in memory at a time.
     *
     * @throws IOException if it cannot be written, or would have more than the 2 GiB that ONNX's format allows
     */
    void write(Path file) throws IOException {
        Protobuf body = new Protobuf();
        nodes.forEach(node -> body.message(1, node));
        body.text(2, name);
        Protobuf ends = new Protobuf();
        inputs.forEach(input -> ends.message(11, input));
        outputs.forEach(output -> ends.message(12, output));
        List<byte[]> heads = new ArrayList<>();
        long size = (long) body.toBytes().length + ends.toBytes().length;
        for (Initializer each : initializers.values()) {
            byte[] head = join(new Protobuf().begin(5, each.size()).toBytes(), each.head());
            heads.add(head);
            size += head.length + each.bytes();
        }
        byte[] front = front(size);
        if (front.length + size > Integer.MAX_VALUE) {
            throw new IOException("the graph '" + name + "' has " + size + " bytes; a file of ONNX has at most 2 GiB");
        }
        AtomicFiles.write(file, channel -> {
            put(channel, ByteBuffer.wrap(front));
            put(channel, ByteBuffer.wrap(body.toBytes()));
            int i = 0;
            for (Initializer each : initializers.values()) {
                put(channel, ByteBuffer.wrap(heads.get(i++)));
                put(channel, each);
            }
            put(channel, ByteBuffer.wrap(ends.toBytes()));
        });
    }

    private byte[] front(long graphBytes) {
        Protobuf front = new Protobuf()
                .integer(1, IR_VERSION)
                .text(2, "radapter")
                .message(8, new Protobuf().text(1, "").integer(2, OPSET));
        metadata.forEach(
                (key, value) -> front.message(14, new Protobuf().text(1, key).text(2, value)));
        return front.begin(7, graphBytes).toBytes();
    }

    private static void put(FileChannel channel, Initializer initializer) throws IOException {
        if (initializer.bytes() == 0) {
            return;
        }
        float[] values = initializer.values().get();
        if (4L * values.length != initializer.bytes()) {
            throw new IllegalStateException(values.length + " numbers for " + initializer.bytes() + " bytes");
        }
        ByteBuffer data = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        for (int from = 0; from < values.length; from += data.capacity() / 4) {
            int count = Math.min(values.length - from, data.capacity() / 4);
            data.clear().asFloatBuffer().put(values, from, count);
            put(channel, data.limit(4 * count));
        }
    }

    private static void put(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
