package org.radapter.clip.image;

import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * CLIP's image transform: resize, centre crop, normalisation; equal to torchvision's on Pillow images, bit for bit.
 *
 * @param size side of the square that comes out, in pixels
 * @param normalization applied last
 * @param mode how other shapes become square
 * @param interpolation kernel of the resize
 */
public record ImageTransform(int size, Normalization normalization, ResizeMode mode, Interpolation interpolation) {
    /** Checks the size. */
    public ImageTransform {
        if (size < 1) {
            throw new IllegalArgumentException("an image of " + size + " pixels has none");
        }
    }

    /** CLIP's own: bicubic, shorter side, its constants. */
    public static ImageTransform clip(int size) {
        return new ImageTransform(size, Normalization.CLIP, ResizeMode.SHORTEST, Interpolation.BICUBIC);
    }

    /** Number of floats of one image: 3 · size². */
    public int length() {
        return 3 * size * size;
    }

    /** Resized and cropped to size × size, not yet normalised. */
    public RgbImage crop(RgbImage image) {
        if (mode == ResizeMode.SQUASH) {
            return Resampler.resize(image, interpolation, size, size, 0, 0, size, size);
        }
        int width = image.width();
        int height = image.height();
        int outWidth = height <= width ? longerSide(width, height) : size;
        int outHeight = height <= width ? size : longerSide(height, width);
        int left = (int) Math.rint((outWidth - size) / 2.0);
        int top = (int) Math.rint((outHeight - size) / 2.0);
        return Resampler.resize(image, interpolation, outWidth, outHeight, left, top, size, size);
    }

    private int longerSide(int longer, int shorter) {
        double resized = (double) ((long) size * longer) / shorter;
        if (resized > Integer.MAX_VALUE / 4.0) {
            throw new IllegalArgumentException(
                    "an image of " + longer + " × " + shorter + " pixels is too narrow to resize to " + size);
        }
        return (int) resized;
    }

    /**
     * Writes an image as planes, [3, size, size], from {@code out[offset]} on.
     *
     * @throws IllegalArgumentException if there is no room
     */
    public void apply(RgbImage image, float[] out, int offset) {
        if (offset < 0 || out.length - offset < length()) {
            throw new IllegalArgumentException(
                    "an image of " + length() + " floats does not fit into " + out.length + " from " + offset + " on");
        }
        normalization.apply(crop(image), out, offset);
    }

    /**
     * Writes an image into one row of a batch, of any type and of 3 · size² elements in any shape.
     *
     * @throws IllegalArgumentException if the row has another size or integer elements
     */
    public void apply(RgbImage image, Tensor row) {
        if (row.size() != length() || row.dtype() == DType.U8 || row.dtype() == DType.I32 || row.dtype() == DType.I64) {
            throw new IllegalArgumentException("an image of " + length() + " floats does not fit into " + row);
        }
        float[] values = new float[length()];
        apply(image, values, 0);
        row.copyFrom(values);
    }
}
