package org.radapter.distributed.spark;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** A folder of small images in three classes, one of which has a file that is no image. */
final class Drawings {
    static final List<String> CLASSES = List.of("blue square", "green square", "red square");
    static final int EACH = 12;
    static final int READABLE = 3 * EACH;
    static final int ALL = READABLE + 1;
    static final String BROKEN = "red_square/broken.png";

    private static final List<Color> COLORS = List.of(Color.BLUE, Color.GREEN, Color.RED);
    private static final int SIDE = 12;

    private Drawings() {}

    /** Makes the folder and returns it. */
    static Path in(Path folder) throws IOException {
        for (int c = 0; c < COLORS.size(); c++) {
            Path directory =
                    Files.createDirectories(folder.resolve(CLASSES.get(c).replace(' ', '_')));
            for (int i = 0; i < EACH; i++) {
                ImageIO.write(
                        drawing(COLORS.get(c), i),
                        "png",
                        directory.resolve(i + ".png").toFile());
            }
        }
        Files.writeString(folder.resolve(BROKEN), "no image");
        Files.writeString(folder.resolve("notes.txt"), "not meant");
        return folder;
    }

    private static BufferedImage drawing(Color color, int number) {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int at = 0; at < SIDE * SIDE; at++) {
            image.setRGB(at % SIDE, at / SIDE, at % (number + 2) == 0 ? 0 : color.getRGB());
        }
        return image;
    }
}
