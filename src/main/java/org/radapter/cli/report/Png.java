package org.radapter.cli.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;
import org.radapter.clip.image.RgbImage;
import org.radapter.clip.image.RgbaImage;
import org.radapter.data.Pixels;

/** Images as PNG files hold them. */
public final class Png {
    private Png() {}

    /** An image, encoded. */
    public static byte[] of(BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            if (!ImageIO.write(image, "png", bytes)) {
                throw new IllegalStateException("this Java cannot write PNG; use a complete JDK");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** An image, encoded. */
    public static byte[] of(RgbImage image) {
        byte[] rgba = RgbaImage.opaque(image).pixels();
        return of(new Pixels(image.width(), image.height(), rgba).toBufferedImage());
    }
}
