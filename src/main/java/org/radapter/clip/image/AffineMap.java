package org.radapter.clip.image;

/** {@code x' = xx·x + xy·y + x0}, {@code y' = yx·x + yy·y + y0}, in pixels; the first pixel's middle is at .5. */
record AffineMap(double xx, double xy, double x0, double yx, double yy, double y0) {
    /**
     * The map that takes the middle of a square of {@code size} to ({@code x}, {@code y}), scaled and then turned.
     *
     * @param scaleX input pixels per output pixel, negative to mirror
     * @param angle in radians
     */
    static AffineMap of(double x, double y, double scaleX, double scaleY, double angle, int size) {
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        double xx = cos * scaleX;
        double xy = -sin * scaleY;
        double yx = sin * scaleX;
        double yy = cos * scaleY;
        double middle = size / 2.0;
        return new AffineMap(xx, xy, x - (xx + xy) * middle, yx, yy, y - (yx + yy) * middle);
    }

    /** Input pixels that one output pixel spans along its longer side. */
    double stretch() {
        return Math.max(Math.hypot(xx, yx), Math.hypot(xy, yy));
    }
}
