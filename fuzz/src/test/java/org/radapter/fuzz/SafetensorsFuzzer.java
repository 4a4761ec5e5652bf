package org.radapter.fuzz;

import java.io.IOException;
import org.radapter.weights.HostTensors;
import org.radapter.weights.Safetensors;

/** Any safetensors file is read, or refused by an IOException. */
public final class SafetensorsFuzzer {
    private SafetensorsFuzzer() {}

    /** What the fuzzer calls. */
    public static void fuzzerTestOneInput(byte[] content) throws IOException {
        try (Safetensors file = Safetensors.open(Scratch.file("any.safetensors", content))) {
            for (String name : file.names()) {
                HostTensors.read(file, name);
            }
        } catch (IOException refused) {
            // as documented
        }
    }
}
