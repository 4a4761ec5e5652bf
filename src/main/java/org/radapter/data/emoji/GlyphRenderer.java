package org.radapter.data.emoji;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontFormatException;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.font.FontRenderContext;
import java.awt.font.GlyphVector;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.radapter.data.DataException;
import org.radapter.data.Pixels;

/** Draws single glyphs of a TrueType font into squares, in nearly black, on nothing. Thread-safe. */
final class GlyphRenderer {
    private static final Color INK = new Color(0x22, 0x22, 0x22);
    private static final float POINTS = 64;
    private static final double MARGIN = 2;

    private final Font font;
    private final int size;

    private GlyphRenderer(Font font, int size) {
        this.font = font;
        this.size = size;
    }

    /** The font in a file, for squares of {@code size} × {@code size} pixels. */
    static GlyphRenderer read(Path file, int size) {
        try {
            return new GlyphRenderer(
                    Font.createFont(Font.TRUETYPE_FONT, file.toFile()).deriveFont(POINTS), size);
        } catch (FontFormatException | IOException e) {
            throw new DataException("Cannot read the font " + file + ": " + e.getMessage(), e);
        }
    }

    /**
     * The glyph for a text, scaled so that its ink fills the square but for a small margin.
     *
     * @return nothing if the font has no single glyph with ink for it
     */
    Optional<Pixels> render(String text) {
        if (font.canDisplayUpTo(text) >= 0) {
            return Optional.empty();
        }
        char[] chars = text.toCharArray();
        FontRenderContext context = new FontRenderContext(null, true, true);
        GlyphVector glyphs = font.layoutGlyphVector(context, chars, 0, chars.length, Font.LAYOUT_LEFT_TO_RIGHT);
        Shape outline = glyphs.getOutline();
        Rectangle2D ink = outline.getBounds2D();
        if (inkedGlyphs(glyphs) != 1 || ink.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(draw(outline, ink));
    }

    private static int inkedGlyphs(GlyphVector glyphs) {
        int inked = 0;
        for (int i = 0; i < glyphs.getNumGlyphs(); i++) {
            if (!glyphs.getGlyphOutline(i).getBounds2D().isEmpty()) {
                inked++;
            }
        }
        return inked;
    }

    private Pixels draw(Shape outline, Rectangle2D ink) {
        double scale = (size - 2 * MARGIN) / Math.max(ink.getWidth(), ink.getHeight());
        AffineTransform fit = AffineTransform.getTranslateInstance(size / 2.0, size / 2.0);
        fit.scale(scale, scale);
        fit.translate(-ink.getCenterX(), -ink.getCenterY());
        BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = image.createGraphics();
        try {
            SvgRenderer.smooth(graphics);
            graphics.setColor(INK);
            graphics.fill(fit.createTransformedShape(outline));
        } finally {
            graphics.dispose();
        }
        return Pixels.of(image);
    }
}
