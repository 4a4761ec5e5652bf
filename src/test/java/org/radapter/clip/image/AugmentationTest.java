package org.radapter.clip.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.radapter.tensor.CounterRandom;

class AugmentationTest {
    private static final Normalization PLAIN = new Normalization(new double[3], new double[] {1, 1, 1});
    private static final CounterRandom RANDOM = new CounterRandom(7);

    /** A gradient in red and green, blue 40, transparent in its right quarter. */
    private static RgbaImage drawing(int size) {
        byte[] pixels = new byte[size * size * 4];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                int at = (y * size + x) * 4;
                pixels[at] = (byte) (x * 255 / (size - 1));
                pixels[at + 1] = (byte) (y * 255 / (size - 1));
                pixels[at + 2] = 40;
                pixels[at + 3] = (byte) (x < size * 3 / 4 ? 255 : 0);
            }
        }
        return new RgbaImage(size, size, pixels);
    }

    private static float[] augmented(Augmentation augmentation, RgbaImage image, long step, long sample, int size) {
        float[] out = new float[3 * size * size];
        Arrays.fill(out, Float.NaN);
        augmentation.apply(image, RANDOM, step, sample, size, PLAIN, out, 0);
        return out;
    }

    @Test
    void noneHalvesByMeansOverWhite() {
        RgbaImage image = drawing(8);
        RgbImage white = image.over(255, 255, 255);
        float[] out = augmented(Augmentation.NONE, image, 0, 0, 4);
        for (int c = 0; c < 3; c++) {
            for (int y = 0; y < 4; y++) {
                for (int x = 0; x < 4; x++) {
                    double mean = (white.sample(2 * x, 2 * y, c)
                                    + white.sample(2 * x + 1, 2 * y, c)
                                    + white.sample(2 * x, 2 * y + 1, c)
                                    + white.sample(2 * x + 1, 2 * y + 1, c))
                            / 4.0;
                    assertThat((double) out[(c * 4 + y) * 4 + x]).isCloseTo(mean / 255, within(1e-5));
                }
            }
        }
    }

    @Test
    void noneAtTheSameSizeChangesNothing() {
        RgbaImage image = drawing(16);
        RgbImage white = image.over(255, 255, 255);
        float[] out = augmented(Augmentation.NONE, image, 0, 0, 16);
        for (int i = 0; i < out.length; i++) {
            int expected = white.pixels()[i % 256 * 3 + i / 256] & 0xff;
            assertThat((double) out[i]).isCloseTo(expected / 255.0, within(1e-5));
        }
        assertThat(augmented(Augmentation.STRONG.atStrength(0), image, 3, 5, 16))
                .isEqualTo(out);
    }

    @Test
    void dependsOnSeedStepAndSampleAlone() {
        RgbaImage image = drawing(64);
        float[] once = augmented(Augmentation.STRONG, image, 4, 9, 32);
        assertThat(augmented(Augmentation.STRONG, image, 4, 9, 32)).isEqualTo(once);
        assertThat(augmented(Augmentation.STRONG, image, 5, 9, 32)).isNotEqualTo(once);
        assertThat(augmented(Augmentation.STRONG, image, 4, 10, 32)).isNotEqualTo(once);
        float[] other = new float[once.length];
        Augmentation.STRONG.apply(image, new CounterRandom(8), 4, 9, 32, PLAIN, other, 0);
        assertThat(other).isNotEqualTo(once);
    }

    @Test
    void levelsStayWithinTheirRange() {
        for (int sample = 0; sample < 200; sample++) {
            for (float level : augmented(Augmentation.STRONG, drawing(20), 1, sample, 8)) {
                assertThat(level).isBetween(0f, 1f);
            }
        }
    }

    @Test
    void aFlipMirrorsAndAFullTurnPutsUpsideDown() {
        Augmentation flipped = new Augmentation(1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0);
        float[] plain = augmented(Augmentation.NONE, drawing(16), 0, 0, 16);
        float[] mirrored = augmented(flipped, drawing(16), 0, 0, 16);
        for (int i = 0; i < plain.length; i++) {
            assertThat(mirrored[i / 16 * 16 + 15 - i % 16]).isCloseTo(plain[i], within(1e-5f));
        }
        float[] turned = new float[3 * 256];
        AffineMap half = AffineMap.of(8, 8, 1, 1, Math.PI, 16);
        AffineSampler.sample(drawing(16), half, 16, new float[] {1, 1, 1}, turned, 0);
        for (int i = 0; i < plain.length; i++) {
            assertThat(turned[i / 256 * 256 + 255 - i % 256]).isCloseTo(plain[i], within(1e-4f));
        }
    }

    @Test
    void outsideTheDrawingIsTheGround() {
        RgbaImage black = new RgbaImage(4, 4, blackPixels(4));
        float[] out = new float[3 * 64];
        AffineSampler.sample(black, AffineMap.of(2, 2, 2, 2, 0, 8), 8, new float[] {.2f, .4f, .6f}, out, 0);
        assertThat(out[0]).isCloseTo(.2f, within(1e-6f));
        assertThat(out[64]).isCloseTo(.4f, within(1e-6f));
        assertThat(out[128 + 7]).isCloseTo(.6f, within(1e-6f));
        assertThat(out[3 * 8 + 3]).isCloseTo(0, within(1e-6f));
    }

    private static byte[] blackPixels(int size) {
        byte[] pixels = new byte[size * size * 4];
        for (int i = 3; i < pixels.length; i += 4) {
            pixels[i] = -1;
        }
        return pixels;
    }

    @Test
    void jitterTurnsMixesAndScalesColours() {
        float[] third = {.8f, .2f, .1f};
        new ColourJitter(1, 1, 1, 1 / 3.0).apply(third, 0, 1);
        assertThat(third).containsExactly(new float[] {.1f, .8f, .2f}, within(1e-6f));
        float[] grey = {.8f, .2f, .1f};
        new ColourJitter(1, 1, 0, .1).apply(grey, 0, 1);
        float level = .299f * .8f + .587f * .2f + .114f * .1f;
        assertThat(grey).containsExactly(new float[] {level, level, level}, within(1e-6f));
        float[] two = {.2f, .6f, .2f, .6f, .2f, .6f};
        new ColourJitter(1, .5f, 1, 0).apply(two, 0, 2);
        assertThat(two).containsExactly(new float[] {.3f, .5f, .3f, .5f, .3f, .5f}, within(1e-6f));
        new ColourJitter(.5f, 1, 1, 0).apply(two, 0, 2);
        assertThat(two).containsExactly(new float[] {.15f, .25f, .15f, .25f, .15f, .25f}, within(1e-6f));
    }

    @Test
    void refusesWhatCannotBe() {
        assertThatThrownBy(() -> new Augmentation(0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0))
                .hasMessageContaining("scale");
        assertThatThrownBy(() -> new Augmentation(1, 1, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0))
                .hasMessageContaining("0 … 1");
        assertThatThrownBy(() -> new Augmentation(1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, Double.NaN))
                .hasMessageContaining("0 … 1");
        assertThatThrownBy(() -> Augmentation.LIGHT.atStrength(1.5)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> Augmentation.NONE.apply(drawing(8), RANDOM, 0, 0, 4, PLAIN, new float[47], 0))
                .hasMessageContaining("does not fit");
    }
}
