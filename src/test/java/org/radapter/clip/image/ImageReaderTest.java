package org.radapter.clip.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against what Pillow made of the same files; see make_images.py beside them. */
class ImageReaderTest {
    private static final Path IMAGES = Path.of("src/test/resources/images");
    private static final ImageReader PIL = ImageReader.DEFAULT.with(ImageReader.Alpha.PIL);

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rgb.png",
                "rgb.bmp",
                "grey.png",
                "grey.bmp",
                "bits.png",
                "alpha.png",
                "grey_alpha.png",
                "palette.png",
                "palette.gif",
                "palette.bmp",
                "palette_clear.gif",
                "palette_alpha.png",
                "colour_key.png",
                "grey16.png",
                "rgb16.png",
                "alpha16.png",
                "cmyk.tif"
            })
    void losslessFilesGiveWhatPillowGives(String name) throws IOException {
        RgbImage image = PIL.read(IMAGES.resolve(name));
        assertThat(image.width()).isEqualTo(23);
        assertThat(image.height()).isEqualTo(17);
        assertThat(image.pixels()).isEqualTo(Files.readAllBytes(IMAGES.resolve(name + ".rgb")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"grey.jpg", "full_chroma.jpg", "half_chroma.jpg", "progressive.jpg", "cmyk.jpg", "ycck.jpg"})
    void jpegFilesGiveWhatPillowGivesUpToItsDecoder(String name) throws IOException {
        assertNear(PIL.read(IMAGES.resolve(name)), Files.readAllBytes(IMAGES.resolve(name + ".rgb")));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void exifOrientationIsFollowedOnRequestOnly(int orientation) throws IOException {
        Path file = IMAGES.resolve("exif" + orientation + ".jpg");
        assertThat(PIL.read(file).width()).isEqualTo(23);
        assertNear(PIL.read(file), Files.readAllBytes(IMAGES.resolve("exif1.jpg.rgb")));
        RgbImage upright = PIL.rotating(true).read(file);
        assertThat(upright.width()).isEqualTo(orientation < 5 ? 23 : 17);
        assertNear(upright, Files.readAllBytes(IMAGES.resolve(file.getFileName() + ".rgb")));
    }

    /** Two decoders of JPEG may differ by a rounding; two readings of its colours differ by far more. */
    private static void assertNear(RgbImage image, byte[] expected) {
        assertThat(image.pixels()).hasSameSizeAs(expected);
        int largest = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs((image.pixels()[i] & 0xff) - (expected[i] & 0xff)));
        }
        assertThat(largest).isLessThanOrEqualTo(2);
    }

    @Test
    void transparencyShowsWhiteByDefault() throws IOException {
        for (String name : new String[] {"alpha.png", "grey_alpha.png", "palette_clear.gif", "colour_key.png"}) {
            RgbImage white = ImageReader.DEFAULT.read(IMAGES.resolve(name));
            RgbaImage clear = ImageReader.DEFAULT.readRgba(IMAGES.resolve(name));
            int hidden = 0;
            while (clear.pixels()[4 * hidden + 3] != 0) {
                hidden++;
            }
            assertThat(Arrays.copyOfRange(white.pixels(), 3 * hidden, 3 * hidden + 3))
                    .containsOnly(255);
            assertThat(white.pixels())
                    .isNotEqualTo(PIL.read(IMAGES.resolve(name)).pixels());
        }
    }

    @Test
    void compositesByRoundingToNearest() {
        RgbaImage image = new RgbaImage(2, 1, new byte[] {10, 20, 30, (byte) 128, 1, 2, 3, -1});
        assertThat(image.over(255, 0, 100).pixels()).isEqualTo(new byte[] {(byte) 132, 10, 65, 1, 2, 3});
        assertThat(RgbaImage.opaque(image.withoutAlpha()).pixels()).isEqualTo(new byte[] {10, 20, 30, -1, 1, 2, 3, -1});
    }

    @ParameterizedTest
    @CsvSource({
        "RIFF0000WEBPVP8 , WebP image",
        "0000ftypheic, HEIC image",
        "0000ftypavif, AVIF image",
        "0000ftypisom, video",
        "%PDF-1.7, PDF document",
        "<svg xmlns=''>, SVG drawing",
        "<!DOCTYPE html><html>, web page",
        "hello, text file",
    })
    void namesWhatIsNoImageItCanRead(String content, String kind) throws IOException {
        Path file = Files.write(directory.resolve("picture.jpg"), content.getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> PIL.read(file))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("picture.jpg")
                .hasMessageContaining(kind);
    }

    @Test
    void refusesEmptyMissingAndForeignFiles() throws IOException {
        Path empty = Files.createFile(directory.resolve("empty.png"));
        assertThatThrownBy(() -> PIL.read(empty)).hasMessageContaining("an empty file");
        assertThatThrownBy(() -> PIL.read(directory)).hasMessageContaining("is a directory");
        assertThatThrownBy(() -> PIL.read(directory.resolve("no.png"))).hasMessageContaining("there is no image");
        assertThatThrownBy(() -> PIL.read(new byte[] {1, 2, 3, -4}, "x.bin")).hasMessageContaining("no image this");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rgb.png", "palette.gif", "rgb.bmp", "half_chroma.jpg", "progressive.jpg", "cmyk.jpg"})
    void refusesDamagedFiles(String name) throws IOException {
        byte[] whole = Files.readAllBytes(IMAGES.resolve(name));
        for (int length : new int[] {whole.length / 5, whole.length / 2, whole.length * 4 / 5}) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> PIL.read(cut, name))
                    .as("%s cut to %d bytes of %d", name, length, whole.length)
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining(name);
        }
    }

    @Test
    void refusesWhatIsTooLargeBeforeDecodingIt() throws IOException {
        ImageReader small = new ImageReader(ImageReader.Alpha.PIL, false, 100, 1 << 20);
        assertThatThrownBy(() -> small.read(IMAGES.resolve("rgb.png"))).hasMessageContaining("23 × 17 pixels");
        ImageReader tiny = new ImageReader(ImageReader.Alpha.PIL, false, 1000, 100);
        assertThatThrownBy(() -> tiny.read(IMAGES.resolve("rgb.png"))).hasMessageContaining("limit of 100");
        byte[] bomb = Files.readAllBytes(IMAGES.resolve("rgb.png"));
        bomb[16] = 0x7f;
        assertThatThrownBy(() -> PIL.read(bomb, "bomb.png"))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("bomb.png");
        assertThatThrownBy(() -> new ImageReader(ImageReader.Alpha.PIL, false, 0, 1))
                .hasMessageContaining("limits");
    }
}
