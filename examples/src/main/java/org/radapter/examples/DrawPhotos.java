package org.radapter.examples;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;

/** Draws a few images of two classes, one folder a class, for those who have no photos at hand: FOLDER. */
public final class DrawPhotos {
    private static final Map<String, Color> CLASSES =
            Map.of("red heart", Color.RED, "green leaf", new Color(0, 140, 0));
    private static final int IMAGES = 6;
    private static final int PIXELS = 48;

    private DrawPhotos() {}

    /** Runs the example. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        for (Map.Entry<String, Color> each : CLASSES.entrySet()) {
            Path ofClass = Files.createDirectories(folder.resolve(each.getKey()));
            for (int i = 0; i < IMAGES; i++) {
                ImageIO.write(
                        drawing(each.getValue(), i),
                        "png",
                        ofClass.resolve(i + ".png").toFile());
            }
        }
        System.out.println("drew " + CLASSES.size() * IMAGES + " images into " + folder);
    }

    private static BufferedImage drawing(Color color, int shift) {
        BufferedImage image = new BufferedImage(PIXELS, PIXELS, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, PIXELS, PIXELS);
        graphics.setColor(color);
        graphics.fillOval(6 + shift, 8, 30, 28 + shift);
        graphics.dispose();
        return image;
    }
}
