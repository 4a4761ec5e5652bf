package org.radapter.fuzz;

import java.io.IOException;
import org.radapter.clip.image.ImageReader;

/** Any bytes are an image, or refused by an IOException. */
public final class ImageFuzzer {
    /** Small enough for a test's memory, however many pixels an image claims to have. */
    private static final ImageReader READER =
            new ImageReader(ImageReader.DEFAULT.alpha(), true, 1 << 20, ImageReader.DEFAULT.mostBytes());

    private ImageFuzzer() {}

    /** What the fuzzer calls. */
    public static void fuzzerTestOneInput(byte[] content) throws IOException {
        try {
            READER.readRgba(content, "image");
        } catch (IOException refused) {
            // as documented
        }
    }
}
