package org.radapter.distributed.gloo;

import java.io.IOException;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_gloo;
import org.radapter.kernels.jni.NativeLibrary;

/** Loads PyTorch's libraries, once, while no other process unpacks into the same cache. */
final class TorchLibrary {
    private static boolean loaded;

    private TorchLibrary() {}

    /**
     * Loads them.
     *
     * @throws UnsupportedOperationException if they cannot be; the message says why
     */
    static synchronized void require() {
        if (loaded) {
            return;
        }
        try {
            NativeLibrary.whileNobodyUnpacks(() -> {
                Loader.load(torch.class);
                Loader.load(torch_gloo.class);
            });
        } catch (IOException | LinkageError e) {
            throw new UnsupportedOperationException(
                    "Gloo cannot be loaded: " + e
                            + "; it needs the jars pytorch and openblas with the classifier linux-x86_64",
                    e);
        }
        loaded = true;
    }
}
