package org.radapter.data.emoji;

import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;
import org.radapter.data.DataException;
import org.radapter.data.PerceptualHash;
import org.radapter.data.Pixels;

/**
 * Drawings of one size in one file, held compressed in memory and inflated one at a time. Thread-safe.
 *
 * <p>Layout, big-endian: {@code "RADRAW1\n"}; int pixels a side; int count; for each drawing set, key, name as
 * modified UTF-8, an unsigned short with the number of other names and these, int bytes of its block; then the blocks,
 * each a zlib stream (which carries a checksum) of {@code [size, size, 4]} bytes.
 */
final class DrawingFile {
    private static final String MAGIC = "RADRAW1\n";

    private final Path path;
    private final int pixels;
    private final List<Drawing> drawings;
    private final byte[] content;
    private final int[] offsets;
    private final AtomicReferenceArray<@Nullable PerceptualHash> hashes;

    private DrawingFile(Path path, int pixels, List<Drawing> drawings, byte[] content, int[] offsets) {
        this.path = path;
        this.pixels = pixels;
        this.drawings = List.copyOf(drawings);
        this.content = content;
        this.offsets = offsets;
        this.hashes = new AtomicReferenceArray<>(drawings.size());
    }

    List<Drawing> drawings() {
        return drawings;
    }

    /** The drawing's pixels, decoded anew on each call. */
    Pixels pixels(int index) {
        byte[] rgba = new byte[4 * pixels * pixels];
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(content, offsets[index], offsets[index + 1] - offsets[index]);
            int inflated = inflater.inflate(rgba);
            if (inflated != rgba.length) {
                throw damaged(path, "drawing " + index + " is too short", null);
            }
        } catch (DataFormatException e) {
            throw damaged(path, "drawing " + index + " does not inflate", e);
        } finally {
            inflater.end();
        }
        return new Pixels(pixels, pixels, rgba);
    }

    /** The drawing's perceptual hash, computed once. */
    PerceptualHash hash(int index) {
        PerceptualHash known = hashes.get(index);
        if (known != null) {
            return known;
        }
        PerceptualHash hash = PerceptualHash.of(pixels(index));
        hashes.set(index, hash);
        return hash;
    }

    /** One drawing as a block of the file. */
    static byte[] compress(Pixels pixels) {
        Deflater deflater = new Deflater();
        try {
            deflater.setInput(pixels.rgba());
            deflater.finish();
            byte[] block = new byte[pixels.rgba().length + 64];
            int length = deflater.deflate(block);
            if (!deflater.finished()) {
                throw new IllegalStateException("deflate grew an image by more than its bound");
            }
            return Arrays.copyOf(block, length);
        } finally {
            deflater.end();
        }
    }

    /** Writes and syncs a new file. */
    static void write(Path path, int pixels, List<Drawing> drawings, List<byte[]> blocks) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            OutputStream buffered = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 20);
            DataOutputStream out = new DataOutputStream(buffered);
            out.writeBytes(MAGIC);
            out.writeInt(pixels);
            out.writeInt(drawings.size());
            for (int i = 0; i < drawings.size(); i++) {
                writeEntry(out, drawings.get(i), blocks.get(i).length);
            }
            for (byte[] block : blocks) {
                out.write(block);
            }
            out.flush();
            channel.force(true);
        }
    }

    private static void writeEntry(DataOutputStream out, Drawing drawing, int bytes) throws IOException {
        out.writeUTF(drawing.set());
        out.writeUTF(drawing.key());
        out.writeUTF(drawing.name());
        out.writeShort(drawing.otherNames().size());
        for (String name : drawing.otherNames()) {
            out.writeUTF(name);
        }
        out.writeInt(bytes);
    }

    /** Reads a whole file. */
    static DrawingFile read(Path path) {
        byte[] content;
        try {
            content = Files.readAllBytes(path);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read the rendered drawings in " + path, e);
        }
        ByteArrayInputStream bytes = new ByteArrayInputStream(content);
        try (DataInputStream in = new DataInputStream(bytes)) {
            byte[] magic = in.readNBytes(MAGIC.length());
            if (!Arrays.equals(magic, MAGIC.getBytes(StandardCharsets.US_ASCII))) {
                throw damaged(path, "it does not begin with " + MAGIC.strip(), null);
            }
            int pixels = in.readInt();
            int count = in.readInt();
            if (pixels < 1 || pixels > 4096 || count < 0) {
                throw damaged(path, "it claims " + count + " drawings of " + pixels + " pixels", null);
            }
            List<Drawing> drawings = new ArrayList<>();
            List<Integer> lengths = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                drawings.add(readEntry(in));
                lengths.add(in.readInt());
            }
            return new DrawingFile(
                    path, pixels, drawings, content, offsets(path, content.length, in.available(), lengths));
        } catch (IOException e) {
            throw damaged(path, "its index ends too early", e);
        }
    }

    private static Drawing readEntry(DataInputStream in) throws IOException {
        String set = in.readUTF();
        String key = in.readUTF();
        String name = in.readUTF();
        List<String> others = new ArrayList<>();
        for (int left = in.readUnsignedShort(); left > 0; left--) {
            others.add(in.readUTF());
        }
        return new Drawing(set, key, name, others);
    }

    private static int[] offsets(Path path, int fileBytes, int blockBytes, List<Integer> lengths) {
        int[] offsets = new int[lengths.size() + 1];
        long offset = (long) fileBytes - blockBytes;
        for (int i = 0; i < lengths.size(); i++) {
            offsets[i] = (int) offset;
            offset += Integer.toUnsignedLong(lengths.get(i));
            if (offset > fileBytes) {
                throw damaged(path, "its blocks end too early", null);
            }
        }
        offsets[lengths.size()] = (int) offset;
        if (offset != fileBytes) {
            throw damaged(path, "bytes follow its last block", null);
        }
        return offsets;
    }

    private static DataException damaged(Path path, String why, @Nullable Exception cause) {
        String message = path + " is damaged (" + why + "); delete its folder and fetch the data again";
        return cause == null ? new DataException(message) : new DataException(message, cause);
    }
}
