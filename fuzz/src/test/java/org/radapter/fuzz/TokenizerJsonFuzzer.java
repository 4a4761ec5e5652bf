package org.radapter.fuzz;

import java.io.IOException;
import org.radapter.clip.tokenizer.Tokenizers;

/** Any tokenizer.json is a vocabulary, or refused by an IOException. */
public final class TokenizerJsonFuzzer {
    private TokenizerJsonFuzzer() {}

    /** What the fuzzer calls. */
    public static void fuzzerTestOneInput(byte[] content) throws IOException {
        try {
            Tokenizers.load(Scratch.file("json/tokenizer.json", content), 16).encode(Scratch.TEXT);
        } catch (IOException refused) {
            // as documented
        }
    }
}
