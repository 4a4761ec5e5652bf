package org.radapter.data;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.IntFunction;
import javax.imageio.ImageIO;

/** A grid of small images with a line of text below each, to look at a data set. Needs no display. */
public final class ContactSheet {
    private static final int SHOWN = 64;
    private static final int CELL_WIDTH = 92;
    private static final int CELL_HEIGHT = 86;
    private static final int TITLE_HEIGHT = 26;
    private static final int TEXT_SIZE = 10;

    private ContactSheet() {}

    /**
     * Images of a data set, in order of their indices.
     *
     * @param title written above the grid
     * @param columns images a row, at least 1
     * @param text what is written below image {@code i}; too long a text is cut
     * @throws IllegalArgumentException if there is no image or no column
     */
    public static BufferedImage draw(
            String title, ImageTextDataset images, List<Integer> indices, int columns, IntFunction<String> text) {
        if (indices.isEmpty() || columns < 1) {
            throw new IllegalArgumentException("a contact sheet needs at least one image and one column");
        }
        int rows = (indices.size() + columns - 1) / columns;
        BufferedImage sheet =
                new BufferedImage(columns * CELL_WIDTH, TITLE_HEIGHT + rows * CELL_HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = sheet.createGraphics();
        try {
            prepare(graphics, sheet);
            graphics.setFont(new Font(Font.SANS_SERIF, Font.BOLD, TEXT_SIZE + 3));
            graphics.drawString(title, 6, TITLE_HEIGHT - 9);
            graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, TEXT_SIZE));
            for (int i = 0; i < indices.size(); i++) {
                int left = i % columns * CELL_WIDTH;
                int top = TITLE_HEIGHT + i / columns * CELL_HEIGHT;
                int index = indices.get(i);
                BufferedImage image = images.image(index).toBufferedImage();
                graphics.drawImage(image, left + (CELL_WIDTH - SHOWN) / 2, top, SHOWN, SHOWN, null);
                drawCentred(graphics, text.apply(index), left + CELL_WIDTH / 2, top + SHOWN + TEXT_SIZE + 3);
            }
        } finally {
            graphics.dispose();
        }
        return sheet;
    }

    /** Writes a sheet as PNG; a file already there is replaced only when the new one is whole. */
    public static void write(BufferedImage sheet, Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Path unfinished = Files.createTempFile(folder, file.getFileName().toString(), ".part");
        try {
            if (!ImageIO.write(sheet, "png", unfinished.toFile())) {
                throw new IOException("this Java cannot write PNG");
            }
            Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private static void prepare(Graphics2D graphics, BufferedImage sheet) {
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
        graphics.setColor(Color.BLACK);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    }

    private static void drawCentred(Graphics2D graphics, String text, int centre, int baseline) {
        FontMetrics metrics = graphics.getFontMetrics();
        String shown = text;
        int length = text.length();
        while (metrics.stringWidth(shown) > CELL_WIDTH - 2 && length > 1) {
            length--;
            shown = text.substring(0, length) + "…";
        }
        graphics.drawString(shown, centre - metrics.stringWidth(shown) / 2, baseline);
    }
}
