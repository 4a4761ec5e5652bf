package org.radapter.fuzz;

import java.io.IOException;
import org.radapter.train.CheckpointFile;

/** Any file is a checkpoint, or refused by an IOException. */
public final class CheckpointFuzzer {
    private CheckpointFuzzer() {}

    /** What the fuzzer calls. */
    public static void fuzzerTestOneInput(byte[] content) throws IOException {
        try (CheckpointFile file = CheckpointFile.open(Scratch.file("step-000000001.safetensors", content))) {
            file.optimizer();
        } catch (IOException refused) {
            // as documented
        }
    }
}
