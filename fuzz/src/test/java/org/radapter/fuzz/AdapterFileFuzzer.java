package org.radapter.fuzz;

import java.io.IOException;
import org.radapter.weights.AdapterFile;

/** Any file is an adapter file, or refused by an IOException. */
public final class AdapterFileFuzzer {
    private AdapterFileFuzzer() {}

    /** What the fuzzer calls. */
    public static void fuzzerTestOneInput(byte[] content) throws IOException {
        try (AdapterFile file = AdapterFile.open(Scratch.file("adapter.safetensors", content))) {
            file.description().shapes();
        } catch (IOException refused) {
            // as documented
        }
    }
}
