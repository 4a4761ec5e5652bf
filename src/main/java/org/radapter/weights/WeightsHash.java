package org.radapter.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

/** A fingerprint of a model's weights that does not depend on how they are named or laid out in files. */
public final class WeightsHash {
    private WeightsHash() {}

    /**
     * SHA-256 in hexadecimal over all tensors in the order of their names: name, element type, extents (a scalar counts
     * as {@code [1]}) and little-endian values. The same values in another element type have another hash.
     *
     * @param tensors in canonical names
     * @throws IOException if a tensor cannot be read
     */
    public static String sha256(TensorSource tensors) throws IOException {
        MessageDigest digest = newDigest();
        update(tensors, digest::update);
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * CRC-32C in hexadecimal over the bytes that {@link #sha256} takes: against damage, at the speed of memory.
     *
     * @throws IOException if a tensor cannot be read
     */
    public static String crc32c(TensorSource tensors) throws IOException {
        CRC32C sum = new CRC32C();
        update(tensors, sum::update);
        return Long.toHexString(sum.getValue());
    }

    private static void update(TensorSource tensors, Consumer<ByteBuffer> sum) throws IOException {
        for (String name : new TreeSet<>(tensors.names())) {
            Tensor tensor = HostTensors.read(tensors, name);
            sum.accept(ByteBuffer.wrap(description(name, tensor).getBytes(StandardCharsets.UTF_8)));
            sum.accept(HostTensors.littleEndian(tensor));
        }
    }

    private static String description(String name, Tensor tensor) {
        StringBuilder text =
                new StringBuilder(name).append('\0').append(tensor.dtype().name());
        for (int i = 0; i < Math.max(1, tensor.rank()); i++) {
            text.append(' ').append(tensor.rank() == 0 ? 1 : tensor.extent(i));
        }
        return text.append('\n').toString();
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
