package org.radapter.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.radapter.weights.ClipFile;

/** Any config.json beside Hugging Face's weights describes them, or is refused by an IOException. */
public final class ModelConfigFuzzer {
    private static final Path MODEL = Path.of("../src/test/resources/golden/hf_clip_gelu/model.safetensors");

    private ModelConfigFuzzer() {}

    /** What the fuzzer calls. */
    public static void fuzzerTestOneInput(byte[] content) throws IOException {
        Path weights = Scratch.DIRECTORY.resolve("model").resolve("model.safetensors");
        Path config = Scratch.file("model/config.json", content);
        if (!Files.exists(weights)) {
            Files.copy(MODEL, weights);
            weights.toFile().deleteOnExit();
        }
        try (ClipFile file = ClipFile.open(weights)) {
            file.config();
        } catch (IOException refused) {
            // as documented
        } finally {
            Files.delete(config);
        }
    }
}
