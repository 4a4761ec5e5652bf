package org.radapter.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class PerceptualHashTest {
    @Test
    void findsADrawingThatWasShiftedAndTintedALittle() {
        PerceptualHash face = PerceptualHash.of(face(0, Color.ORANGE));
        PerceptualHash moved = PerceptualHash.of(face(1, new Color(255, 190, 10)));
        assertThat(face.nearCopyOf(face)).isTrue();
        assertThat(face.nearCopyOf(moved)).isTrue();
        assertThat(moved.nearCopyOf(face)).isTrue();
    }

    @Test
    void tellsOtherColoursAndShapesApart() {
        PerceptualHash orange = PerceptualHash.of(face(0, Color.ORANGE));
        PerceptualHash blue = PerceptualHash.of(face(0, Color.BLUE));
        PerceptualHash square = PerceptualHash.of(square());
        assertThat(orange.nearCopyOf(blue)).isFalse();
        assertThat(orange.nearCopyOf(square)).isFalse();
        assertThat(orange.difference(blue)).isEqualTo(blue.difference(orange));
    }

    @Test
    void findsASimpleShapeWhoseFrequenciesAreChance() {
        PerceptualHash disc = PerceptualHash.of(disc(32, 0));
        PerceptualHash other = PerceptualHash.of(disc(31, .5));
        assertThat(disc.bitDistance(other)).isGreaterThan(PerceptualHash.MOST_BITS);
        assertThat(disc.nearCopyOf(other)).isTrue();
        assertThat(other.nearCopyOf(disc)).isTrue();
        assertThat(disc.nearCopyOf(PerceptualHash.of(disc(20, 0)))).isFalse();
    }

    @Test
    void searchesAllPairs() {
        PerceptualHash face = PerceptualHash.of(face(0, Color.ORANGE));
        PerceptualHash square = PerceptualHash.of(square());
        assertThat(NearCopies.find(List.of(square, face), List.of(face, face, square)))
                .containsExactly(new NearCopies.Pair(0, 2), new NearCopies.Pair(1, 0), new NearCopies.Pair(1, 1));
        assertThat(NearCopies.find(List.of(), List.of(face))).isEmpty();
    }

    private static Pixels face(int shift, Color colour) {
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(colour);
        graphics.fillOval(6 + shift, 6, 50, 52);
        graphics.setColor(Color.BLACK);
        graphics.fillOval(18 + shift, 20, 8, 10);
        graphics.fillOval(38 + shift, 20, 8, 10);
        graphics.fillRect(20 + shift, 42, 24, 5);
        graphics.dispose();
        return Pixels.of(image);
    }

    private static Pixels disc(double radius, double shift) {
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setColor(Color.BLACK);
        graphics.fill(new Ellipse2D.Double(32 - radius + shift, 32 - radius, 2 * radius, 2 * radius));
        graphics.dispose();
        return Pixels.of(image);
    }

    private static Pixels square() {
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(Color.ORANGE);
        graphics.fillRect(4, 20, 30, 40);
        graphics.dispose();
        return Pixels.of(image);
    }
}
