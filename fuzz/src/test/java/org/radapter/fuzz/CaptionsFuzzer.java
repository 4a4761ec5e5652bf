package org.radapter.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import org.radapter.data.DataException;
import org.radapter.data.FolderDataset;

/** Any table of captions is read, or refused by a DataException. */
public final class CaptionsFuzzer {
    private CaptionsFuzzer() {}

    /** What the fuzzer calls. */
    public static void fuzzerTestOneInput(byte[] content) throws IOException {
        Path captions = Scratch.file("images/captions.csv", content);
        Scratch.file("images/a.png", new byte[1]);
        try {
            FolderDataset images = FolderDataset.withCaptions(Scratch.DIRECTORY.resolve("images"), captions);
            for (int i = 0; i < images.size(); i++) {
                images.captions(i);
            }
        } catch (DataException refused) {
            // as documented
        }
    }
}
