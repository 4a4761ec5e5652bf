package org.radapter.clip.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Pillow's own resize, crop and normalisation. */
class GoldenImageTest {
    private static final Path GOLDEN = Path.of(System.getProperty("radapter.golden", "src/test/resources/golden"));
    private static final Pattern TENSOR = Pattern.compile(
            "\"(\\w+)\":\\{\"dtype\":\"(\\w+)\",\"shape\":\\[([\\d,]+)],\"data_offsets\":\\[(\\d+),(\\d+)]}");

    private record Stored(int[] shape, ByteBuffer bytes) {
        byte[] toArray() {
            byte[] array = new byte[bytes.remaining()];
            bytes.duplicate().get(array);
            return array;
        }

        RgbImage image() {
            return new RgbImage(shape[1], shape[0], toArray());
        }
    }

    private final Map<String, Stored> tensors = new TreeMap<>();
    private final String header;

    GoldenImageTest() throws IOException {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(GOLDEN.resolve("pil_bicubic.safetensors")))
                .order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) file.getLong();
        byte[] json = new byte[length];
        file.get(json);
        header = new String(json, StandardCharsets.UTF_8);
        Matcher matcher = TENSOR.matcher(header.replace(" ", ""));
        while (matcher.find()) {
            int[] shape = Pattern.compile(",")
                    .splitAsStream(matcher.group(3))
                    .mapToInt(Integer::parseInt)
                    .toArray();
            int begin = Integer.parseInt(matcher.group(4));
            int end = Integer.parseInt(matcher.group(5));
            ByteBuffer bytes = file.slice(8 + length + begin, end - begin).order(ByteOrder.LITTLE_ENDIAN);
            tensors.put(matcher.group(1), new Stored(shape, bytes));
        }
    }

    private double[] numbers(String name) {
        Matcher matcher =
                Pattern.compile("\"" + name + "\":\\s*\"\\[?([^\\]\"]*)]?\"").matcher(header);
        assertThat(matcher.find()).as(name).isTrue();
        return Pattern.compile(",")
                .splitAsStream(matcher.group(1))
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    @Test
    void cropsAsPillowDoes() {
        int cases = 0;
        for (int i = 0; tensors.containsKey("image_" + i); i++) {
            int size = (int) numbers("size_" + i)[0];
            RgbImage cropped =
                    ImageTransform.clip(size).crop(tensors.get("image_" + i).image());
            byte[] expected = tensors.get("cropped_" + i).toArray();
            int largest = 0;
            assertThat(cropped.pixels()).hasSameSizeAs(expected);
            for (int k = 0; k < expected.length; k++) {
                largest = Math.max(largest, Math.abs((cropped.pixels()[k] & 0xff) - (expected[k] & 0xff)));
            }
            System.out.println("pil_bicubic cropped_" + i + ": largest error " + largest + " grey levels");
            assertThat(largest).as("cropped_%d", i).isZero();
            cases++;
        }
        assertThat(cases).isPositive();
    }

    @Test
    void normalisesAsTorchvisionDoes() {
        Normalization normalization = new Normalization(numbers("mean"), numbers("std"));
        int cases = 0;
        for (int i = 0; tensors.containsKey("image_" + i); i++) {
            if (!tensors.containsKey("pixels_" + i)) {
                continue;
            }
            int size = (int) numbers("size_" + i)[0];
            ImageTransform transform =
                    new ImageTransform(size, normalization, ResizeMode.SHORTEST, Interpolation.BICUBIC);
            float[] out = new float[transform.length()];
            java.util.Arrays.fill(out, Float.NaN);
            transform.apply(tensors.get("image_" + i).image(), out, 0);
            float[] expected = new float[out.length];
            tensors.get("pixels_" + i).bytes().asFloatBuffer().get(expected);
            double largest = 0;
            for (int k = 0; k < expected.length; k++) {
                assertThat(out[k]).isFinite();
                largest = Math.max(largest, Math.abs(out[k] - expected[k]));
            }
            System.out.println("pil_bicubic pixels_" + i + ": largest error " + largest);
            assertThat(largest).as("pixels_%d", i).isLessThan(1e-6);
            cases++;
        }
        assertThat(cases).isPositive();
    }
}
