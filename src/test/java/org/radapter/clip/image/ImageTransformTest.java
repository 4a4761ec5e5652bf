package org.radapter.clip.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.radapter.tensor.DType;
import org.radapter.tensor.Storage;
import org.radapter.tensor.Tensor;

class ImageTransformTest {
    private static RgbImage noise(int width, int height) {
        byte[] pixels = new byte[width * height * 3];
        new Random(width * 31L + height).nextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }

    private static Tensor tensor(DType dtype, long... shape) {
        long count = 1;
        for (long extent : shape) {
            count *= extent;
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) count * dtype.bytes());
        return new Tensor(Storage.host(buffer, 0), 0, dtype, shape);
    }

    /** A window of a resize is the same window of the whole resize. */
    @Test
    void windowsAgreeWithTheWhole() {
        for (Interpolation kernel : Interpolation.values()) {
            for (int[] to : new int[][] {{20, 9}, {70, 41}, {37, 41}, {20, 23}}) {
                RgbImage image = noise(37, 23);
                RgbImage whole = Resampler.resize(image, kernel, to[0], to[1], 0, 0, to[0], to[1]);
                RgbImage part = Resampler.resize(image, kernel, to[0], to[1], 3, 2, 11, 5);
                for (int y = 0; y < 5; y++) {
                    for (int x = 0; x < 11; x++) {
                        for (int c = 0; c < 3; c++) {
                            assertThat(part.sample(x, y, c)).isEqualTo(whole.sample(x + 3, y + 2, c));
                        }
                    }
                }
            }
        }
    }

    @Test
    void aConstantImageStaysConstant() {
        byte[] pixels = new byte[50 * 30 * 3];
        java.util.Arrays.fill(pixels, (byte) 200);
        for (Interpolation kernel : Interpolation.values()) {
            for (ResizeMode mode : ResizeMode.values()) {
                ImageTransform transform = new ImageTransform(17, Normalization.CLIP, mode, kernel);
                assertThat(transform.crop(new RgbImage(50, 30, pixels)).pixels())
                        .containsOnly(200);
            }
        }
    }

    @Test
    void squashTakesInTheWholeImage() {
        byte[] pixels = new byte[40 * 10 * 3];
        for (int y = 0; y < 10; y++) {
            java.util.Arrays.fill(pixels, y * 120, y * 120 + 60, (byte) 255);
        }
        RgbImage image = new RgbImage(40, 10, pixels);
        ImageTransform squash = new ImageTransform(8, Normalization.CLIP, ResizeMode.SQUASH, Interpolation.BILINEAR);
        assertThat(squash.crop(image).sample(0, 4, 0)).isEqualTo(255);
        assertThat(squash.crop(image).sample(7, 4, 0)).isZero();
        assertThat(ImageTransform.clip(10).crop(image).sample(0, 4, 0)).isEqualTo(255);
        assertThat(ImageTransform.clip(10).crop(image).sample(9, 4, 0)).isZero();
    }

    @Test
    void anImageOfTheRightSizeIsOnlyNormalised() {
        RgbImage image = noise(16, 16);
        assertThat(ImageTransform.clip(16).crop(image).pixels()).isEqualTo(image.pixels());
    }

    @Test
    void aVeryLongImageNeedsOnlyItsMiddle() {
        assertThat(ImageTransform.clip(224).crop(noise(300_000, 1)).width()).isEqualTo(224);
        assertThatThrownBy(() -> ImageTransform.clip(4096).crop(noise(1 << 20, 1)))
                .hasMessageContaining("too narrow");
    }

    @Test
    void writesIntoAnArrayAndARowOfATensor() {
        ImageTransform transform = ImageTransform.clip(8);
        RgbImage image = noise(31, 12);
        float[] out = new float[transform.length() + 5];
        java.util.Arrays.fill(out, Float.NaN);
        transform.apply(image, out, 3);
        assertThat(out[2]).isNaN();
        assertThat(out[transform.length() + 3]).isNaN();
        Tensor batch = tensor(DType.F32, 3, 3 * 8 * 8);
        transform.apply(image, batch.rows(1, 2));
        for (int i = 0; i < transform.length(); i++) {
            assertThat((float) batch.get(transform.length() + i)).isEqualTo(out[i + 3]);
            assertThat(batch.get(i)).isZero();
        }
        assertThatThrownBy(() -> transform.apply(image, batch)).hasMessageContaining("does not fit");
        assertThatThrownBy(() -> transform.apply(image, tensor(DType.U8, 192))).hasMessageContaining("does not fit");
        assertThatThrownBy(() -> transform.apply(image, out, 6)).hasMessageContaining("does not fit");
    }

    @Test
    void refusesWhatCannotBe() {
        assertThatThrownBy(() -> ImageTransform.clip(0)).hasMessageContaining("0 pixels");
        assertThatThrownBy(() -> new RgbImage(2, 2, new byte[11])).hasMessageContaining("11 bytes");
        assertThatThrownBy(() -> new RgbaImage(0, 2, new byte[0])).hasMessageContaining("0 × 2");
        assertThatThrownBy(() -> new Normalization(new double[3], new double[3]))
                .hasMessageContaining("deviation 0");
        assertThatThrownBy(() -> new Normalization(new double[1], new double[3]))
                .hasMessageContaining("three numbers");
    }
}
