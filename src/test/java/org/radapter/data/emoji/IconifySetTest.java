package org.radapter.data.emoji;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.data.DataException;
import org.radapter.data.Pixels;

class IconifySetTest {
    private static final String SET = """
            {"width": 8, "height": 8, "icons": {
              "corner": {"body": "<path fill='currentColor' d='M0 0h4v4H0z'/>"},
              "wide": {"body": "<path fill='red' d='M2 0h8v8H2z'/>", "width": 16, "left": 2},
              "old": {"body": "", "hidden": true}},
             "aliases": {
              "turned": {"parent": "corner", "rotate": 1},
              "mirrored": {"parent": "corner", "hFlip": true},
              "both": {"parent": "turned", "vFlip": true},
              "wide-turned": {"parent": "wide", "rotate": 1},
              "same": {"parent": "corner"},
              "circle": {"parent": "circle"}}}""";

    @TempDir
    Path folder;

    private final SvgRenderer renderer = new SvgRenderer(16);

    @Test
    void drawsInNearlyBlackWhereAColourIsLeftOpen() throws IOException {
        Pixels corner = render("corner");
        assertThat(colour(corner, 3, 3)).isEqualTo(0xFF222222);
        assertThat(colour(corner, 12, 3)).isZero();
        assertThat(render("same").rgba()).isEqualTo(corner.rgba());
    }

    @Test
    void turnsAndMirrorsAliases() throws IOException {
        assertThat(colour(render("turned"), 12, 3)).isEqualTo(0xFF222222);
        assertThat(colour(render("turned"), 3, 3)).isZero();
        assertThat(colour(render("mirrored"), 12, 3)).isEqualTo(0xFF222222);
        assertThat(colour(render("both"), 3, 3) | colour(render("both"), 12, 12))
                .isNotZero();
    }

    @Test
    void usesTheIconsOwnExtent() throws IOException {
        // 16 wide and 8 high from x = 2: the red half is on the left, in the middle rows.
        Pixels wide = render("wide");
        assertThat(colour(wide, 2, 8)).isEqualTo(0xFFFF0000);
        assertThat(colour(wide, 12, 8)).isZero();
        assertThat(colour(wide, 2, 1)).isZero();
        Pixels turned = render("wide-turned");
        assertThat(colour(turned, 8, 2)).isEqualTo(0xFFFF0000);
        assertThat(colour(turned, 8, 12)).isZero();
        assertThat(colour(turned, 1, 2)).isZero();
    }

    @Test
    void listsNamesAndEndsOnCircles() throws IOException {
        IconifySet set = set();
        assertThat(set.ownNames()).containsExactly("corner", "wide");
        assertThat(set.names()).contains("turned", "old");
        assertThat(set.otherNames().get("corner")).containsExactly("turned", "mirrored", "same");
        assertThat(set.svg("circle")).isEmpty();
        assertThat(set.svg("nothing")).isEmpty();
    }

    @Test
    void refusesWhatIsNoSet() throws IOException {
        Path file = Files.writeString(folder.resolve("icons.json"), "{\"icons\": {}");
        assertThatThrownBy(() -> IconifySet.read(file)).isInstanceOf(DataException.class);
        Files.writeString(file, "{\"icons\": {}}");
        assertThatThrownBy(() -> IconifySet.read(file))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("no icons");
    }

    private Pixels render(String name) throws IOException {
        return renderer.render(set().svg(name).orElseThrow(), name);
    }

    private IconifySet set() throws IOException {
        return IconifySet.read(Files.writeString(folder.resolve("icons.json"), SET));
    }

    private static int colour(Pixels pixels, int x, int y) {
        return pixels.toBufferedImage().getRGB(x, y);
    }
}
