package org.radapter.data;

import java.awt.Graphics2D;
import java.awt.Image;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;

/**
 * An image of bytes, row by row from the top, four a pixel: red, green, blue, alpha (not premultiplied).
 *
 * <p>The array is shared, not copied; treat it as read-only.
 *
 * @param width pixels, at least 1
 * @param height pixels, at least 1
 * @param rgba {@code [height, width, 4]}
 */
public record Pixels(int width, int height, byte[] rgba) {
    /** White as 0xRRGGBB, the usual background. */
    public static final int WHITE = 0xFFFFFF;

    /**
     * Checks that the array fits the size.
     *
     * @throws IllegalArgumentException if it does not
     */
    public Pixels {
        if (width < 1 || height < 1 || rgba.length != 4L * width * height) {
            throw new IllegalArgumentException(
                    "an image of " + width + "x" + height + " needs width*height*4 bytes, not " + rgba.length);
        }
    }

    /** The pixels of any AWT image, its colours converted to sRGB. */
    public static Pixels of(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        int[] argb = image.getType() == BufferedImage.TYPE_INT_ARGB
                        && image.getRaster().getParent() == null
                ? ((DataBufferInt) image.getRaster().getDataBuffer()).getData()
                : image.getRGB(0, 0, width, height, null, 0, width);
        byte[] rgba = new byte[4 * width * height];
        for (int i = 0; i < argb.length; i++) {
            rgba[4 * i] = (byte) (argb[i] >> 16);
            rgba[4 * i + 1] = (byte) (argb[i] >> 8);
            rgba[4 * i + 2] = (byte) argb[i];
            rgba[4 * i + 3] = (byte) (argb[i] >>> 24);
        }
        return new Pixels(width, height, rgba);
    }

    /**
     * The image laid over one colour.
     *
     * @param background 0xRRGGBB
     * @return {@code [height, width, 3]}
     */
    public byte[] over(int background) {
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < width * height; i++) {
            int alpha = rgba[4 * i + 3] & 0xFF;
            for (int c = 0; c < 3; c++) {
                int behind = background >> (16 - 8 * c) & 0xFF;
                int mixed = (rgba[4 * i + c] & 0xFF) * alpha + behind * (255 - alpha);
                rgb[3 * i + c] = (byte) ((mixed + 127) / 255);
            }
        }
        return rgb;
    }

    /** The image, made smaller in proportion where a side is longer than {@code side} pixels. */
    public Pixels within(int side) {
        double factor = (double) side / Math.max(width, height);
        if (factor >= 1) {
            return this;
        }
        int newWidth = Math.max(1, (int) Math.round(width * factor));
        int newHeight = Math.max(1, (int) Math.round(height * factor));
        BufferedImage small = new BufferedImage(newWidth, newHeight, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = small.createGraphics();
        Image scaled = toBufferedImage().getScaledInstance(newWidth, newHeight, Image.SCALE_AREA_AVERAGING);
        graphics.drawImage(scaled, 0, 0, null);
        graphics.dispose();
        return of(small);
    }

    /** The image as AWT's, with its alpha. */
    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
        int[] argb = new int[width * height];
        for (int i = 0; i < argb.length; i++) {
            argb[i] = (rgba[4 * i + 3] & 0xFF) << 24
                    | (rgba[4 * i] & 0xFF) << 16
                    | (rgba[4 * i + 1] & 0xFF) << 8
                    | (rgba[4 * i + 2] & 0xFF);
        }
        image.setRGB(0, 0, width, height, argb, 0, width);
        return image;
    }
}
