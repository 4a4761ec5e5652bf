package org.radapter.weights;

import java.io.IOException;
import java.nio.file.Path;
import java.util.zip.ZipFile;

/** Recognises files of Python objects, which only Python should open, and says how to convert them. */
final class PickleFiles {
    private PickleFiles() {}

    /**
     * Refuses pickle and zip (TorchScript, {@code torch.save}) files by their first bytes.
     *
     * @param prefix the first eight bytes, or fewer if the file has fewer
     * @throws WeightsFormatException with the line of Python that converts the file
     */
    static void refuse(byte[] prefix, Path file) throws WeightsFormatException {
        if (isZip(prefix) || isPickle(prefix)) {
            boolean script = isZip(prefix) && isTorchScript(file);
            throw new WeightsFormatException(file + " is a " + (script ? "TorchScript archive" : "PyTorch pickle")
                    + ", which can run any code when opened and is not read. Convert it once with Python (packages"
                    + " torch and safetensors): " + conversion(file, script));
        }
    }

    private static boolean isZip(byte[] prefix) {
        return prefix.length >= 4 && prefix[0] == 'P' && prefix[1] == 'K' && prefix[2] == 3 && prefix[3] == 4;
    }

    /** A pickle begins with 0x80 and its protocol; so may a header's length, but its high bytes are zero. */
    private static boolean isPickle(byte[] prefix) {
        boolean pickle = prefix.length >= 2 && prefix[0] == (byte) 0x80 && prefix[1] >= 2 && prefix[1] <= 5;
        return pickle && !(prefix.length == 8 && (prefix[4] | prefix[5] | prefix[6] | prefix[7]) == 0);
    }

    private static boolean isTorchScript(Path file) {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            return zip.stream().anyMatch(entry -> entry.getName().contains("/code/"));
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    private static String conversion(Path file, boolean script) {
        String name = file.toString();
        String source = name.matches("[\\w./ +@-]+") ? name : "FILE";
        String target = source.replaceFirst("\\.\\w{1,10}$", "") + ".safetensors";
        String load = script
                ? "m = torch.jit.load('" + source + "', map_location='cpu').state_dict()"
                : "m = torch.load('" + source + "', map_location='cpu', weights_only=True); m = m.get('state_dict', m)";
        return "python -c \"import torch, safetensors.torch as s; " + load
                + "; s.save_file({k.removeprefix('module.'): v.contiguous().clone() for k, v in m.items()"
                + " if torch.is_tensor(v)}, '" + target + "')\"";
    }
}
