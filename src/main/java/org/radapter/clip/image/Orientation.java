package org.radapter.clip.image;

/** Turns an image upright as its EXIF orientation says. */
final class Orientation {
    private Orientation() {}

    /** The upright image; orientation 1 … 8 as in EXIF 2.3, table 6. */
    static RgbaImage upright(RgbaImage image, int orientation) {
        if (orientation == 1) {
            return image;
        }
        boolean swaps = orientation >= 5;
        int width = swaps ? image.height() : image.width();
        int height = swaps ? image.width() : image.height();
        byte[] out = new byte[image.pixels().length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int column = swaps ? y : x;
                int row = swaps ? x : y;
                boolean mirrorsX = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
                boolean mirrorsY = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
                int fromX = mirrorsX ? image.width() - 1 - column : column;
                int fromY = mirrorsY ? image.height() - 1 - row : row;
                System.arraycopy(image.pixels(), (fromY * image.width() + fromX) * 4, out, (y * width + x) * 4, 4);
            }
        }
        return new RgbaImage(width, height, out);
    }
}
