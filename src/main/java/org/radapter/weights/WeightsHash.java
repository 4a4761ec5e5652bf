package org.radapter.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeSet;
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
        for (String name : new TreeSet<>(tensors.names())) {
            Tensor tensor = HostTensors.read(tensors, name);
            digest.update(description(name, tensor).getBytes(StandardCharsets.UTF_8));
            ByteBuffer bytes = HostTensors.littleEndian(tensor);
            digest.update(bytes);
        }
        return HexFormat.of().formatHex(digest.digest());
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
