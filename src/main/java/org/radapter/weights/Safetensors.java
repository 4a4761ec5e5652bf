package org.radapter.weights;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/**
 * One safetensors file, read tensor by tensor.
 *
 * <p>The header is checked when the file is opened: every byte must belong to exactly one tensor. Values are read with
 * positional reads straight into the destination, so a file that shrinks meanwhile gives an exception, tensors need not
 * be aligned in it, and nothing beyond a piece of 1 MiB is held.
 */
public final class Safetensors implements TensorSource {
    private static final int PIECE_BYTES = 1 << 20;

    private final Path file;
    private final FileChannel channel;
    private final SafetensorsHeader header;
    private final Elements.NonFinite nonFinite;

    private Safetensors(Path file, FileChannel channel, SafetensorsHeader header, Elements.NonFinite nonFinite) {
        this.file = file;
        this.channel = channel;
        this.header = header;
        this.nonFinite = nonFinite;
    }

    /**
     * Opens a file whose floating-point values may be anything.
     *
     * @throws NoSuchFileException if it is missing
     * @throws WeightsFormatException if its header is wrong or it is a PyTorch file
     * @throws IOException if it cannot be read
     */
    public static Safetensors open(Path file) throws IOException {
        return open(file, Elements.NonFinite.ALLOWED);
    }

    /**
     * Opens a file of weights: reading a tensor fails if it holds NaN or infinity, or a value too large for the type
     * it is read as.
     *
     * @throws IOException as {@link #open}
     */
    public static Safetensors openFinite(Path file) throws IOException {
        return open(file, Elements.NonFinite.REFUSED);
    }

    static Safetensors open(Path file, Elements.NonFinite nonFinite) throws IOException {
        if (Files.isDirectory(file)) {
            throw new WeightsFormatException(file + " is a directory, not a safetensors file");
        }
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException(file.toString(), null, "there is no such file; check the path");
        }
        try {
            return new Safetensors(file, channel, SafetensorsHeader.read(channel, file), nonFinite);
        } catch (IOException | RuntimeException | Error e) {
            try {
                channel.close();
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    @Override
    public Set<String> names() {
        return header.entries().keySet();
    }

    @Override
    public DType dtype(String name) throws IOException {
        StoredType type = entry(name).type();
        DType holder = type.holder();
        if (holder == null) {
            throw new WeightsFormatException("tensor '" + name + "' of " + file + " is stored as " + type
                    + ", which is not supported; convert it to F32, F16 or BF16");
        }
        return holder;
    }

    @Override
    public long[] shape(String name) {
        return entry(name).shape().clone();
    }

    @Override
    public Map<String, String> metadata() {
        return header.metadata();
    }

    @Override
    public void read(String name, Tensor into) throws IOException {
        SafetensorsHeader.Entry entry = entry(name);
        DType stored = dtype(name);
        Shapes.requireSame(name, entry.shape(), into);
        if (stored.isFloating() && !into.dtype().isFloating()) {
            throw new IllegalArgumentException("tensor '" + name + "' holds " + stored + ", not " + into.dtype());
        }
        boolean plain = entry.type().isStorageOf(into.dtype())
                && into.isContiguous()
                && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        if (plain) {
            readBytes(name, entry, into);
        } else {
            readConverted(name, entry, into);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public String toString() {
        return file.toString();
    }

    private void readBytes(String name, SafetensorsHeader.Entry entry, Tensor into) throws IOException {
        ByteBuffer bytes = into.bytes();
        int end = bytes.limit();
        long from = header.dataStart() + entry.begin();
        while (bytes.position() < end) {
            int start = bytes.position();
            fill(bytes.limit(Math.min(end, start + PIECE_BYTES)), from + start);
            if (nonFinite == Elements.NonFinite.REFUSED && into.dtype().isFloating()) {
                NonFiniteScan.requireFinite(bytes, start, into.dtype(), describe(name));
            }
        }
    }

    private void readConverted(String name, SafetensorsHeader.Entry entry, Tensor into) throws IOException {
        StoredType type = entry.type();
        int pieceElements = PIECE_BYTES / 8;
        ByteBuffer piece = ByteBuffer.allocate(pieceElements * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        double[] values = new double[pieceElements];
        long count = entry.count();
        for (long done = 0; done < count; ) {
            int some = (int) Math.min(pieceElements, count - done);
            fill(piece.clear().limit(some * type.bytes()), header.dataStart() + entry.begin() + done * type.bytes());
            type.decode(piece.flip(), values, some);
            Elements.store(values, some, into, done, nonFinite, describe(name));
            done += some;
        }
    }

    /** Reads until {@code into} is full. */
    private void fill(ByteBuffer into, long from) throws IOException {
        int start = into.position();
        while (into.hasRemaining()) {
            if (channel.read(into, from + into.position() - start) < 0) {
                throw new EOFException(file + " became shorter while it was read; copy it again");
            }
        }
    }

    private String describe(String name) {
        return "tensor '" + name + "' of " + file;
    }

    private SafetensorsHeader.Entry entry(String name) {
        SafetensorsHeader.Entry entry = header.entries().get(name);
        if (entry == null) {
            throw new IllegalArgumentException(file + " has no tensor '" + name + "'");
        }
        return entry;
    }
}
