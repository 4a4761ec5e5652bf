package org.radapter.fuzz;

import java.io.IOException;
import org.radapter.data.DataException;
import org.radapter.data.emoji.IconifySets;

/** Any icons.json of an npm package is an icon set, or refused by a DataException. */
public final class IconSetFuzzer {
    private IconSetFuzzer() {}

    /** What the fuzzer calls. */
    public static void fuzzerTestOneInput(byte[] content) throws IOException {
        try {
            IconifySets.readAll(Scratch.file("icons.json", content));
        } catch (DataException refused) {
            // as documented
        }
    }
}
