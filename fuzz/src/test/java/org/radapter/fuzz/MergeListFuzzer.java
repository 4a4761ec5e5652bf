package org.radapter.fuzz;

import java.io.IOException;
import org.radapter.clip.tokenizer.Tokenizers;

/** Any bpe_simple_vocab_16e6.txt is a vocabulary, or refused by an IOException. */
public final class MergeListFuzzer {
    private MergeListFuzzer() {}

    /** What the fuzzer calls. */
    public static void fuzzerTestOneInput(byte[] content) throws IOException {
        try {
            Tokenizers.load(Scratch.file("merges/bpe_simple_vocab_16e6.txt", content), 16)
                    .encode(Scratch.TEXT);
        } catch (IOException refused) {
            // as documented
        }
    }
}
