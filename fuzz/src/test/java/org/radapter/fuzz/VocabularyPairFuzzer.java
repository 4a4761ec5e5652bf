package org.radapter.fuzz;

import java.io.IOException;
import java.util.Arrays;
import org.radapter.clip.tokenizer.Tokenizers;

/** Any pair of merges.txt and vocab.json, here with a zero between, is a vocabulary, or refused by an IOException. */
public final class VocabularyPairFuzzer {
    private VocabularyPairFuzzer() {}

    /** What the fuzzer calls. */
    public static void fuzzerTestOneInput(byte[] content) throws IOException {
        int end = 0;
        while (end < content.length && content[end] != 0) {
            end++;
        }
        Scratch.file("pair/merges.txt", Arrays.copyOf(content, end));
        byte[] rest = end < content.length ? Arrays.copyOfRange(content, end + 1, content.length) : new byte[0];
        try {
            Tokenizers.load(Scratch.file("pair/vocab.json", rest), 16).encode(Scratch.TEXT);
        } catch (IOException refused) {
            // as documented
        }
    }
}
