package org.radapter.clip.image;

/**
 * Changes the colours of an image of levels 0 … 1: hue, then saturation, contrast about the mean grey, brightness. All
 * of them linear, so they are one 3 × 3 matrix and one offset.
 *
 * @param brightness factor of all levels
 * @param contrast factor of the distance from the image's mean grey
 * @param saturation factor of the distance from a pixel's own grey
 * @param hue turn about the grey axis, in turns
 */
record ColourJitter(float brightness, float contrast, float saturation, double hue) {
    /** Weights of red, green and blue in grey (ITU-R BT.601). */
    private static final float[] GREY = {.299f, .587f, .114f};

    /** Changes planes [3, area] from {@code levels[offset]} on. */
    void apply(float[] levels, int offset, int area) {
        if (brightness == 1 && contrast == 1 && saturation == 1 && hue == 0) {
            return;
        }
        float[] m = matrix();
        float shift = brightness * (1 - contrast) * meanGrey(levels, offset, area);
        for (int i = offset; i < offset + area; i++) {
            float red = levels[i];
            float green = levels[i + area];
            float blue = levels[i + 2 * area];
            levels[i] = m[0] * red + m[1] * green + m[2] * blue + shift;
            levels[i + area] = m[3] * red + m[4] * green + m[5] * blue + shift;
            levels[i + 2 * area] = m[6] * red + m[7] * green + m[8] * blue + shift;
        }
    }

    private static float meanGrey(float[] levels, int offset, int area) {
        double sum = 0;
        for (int c = 0; c < 3; c++) {
            double channel = 0;
            for (int i = offset + c * area; i < offset + (c + 1) * area; i++) {
                channel += levels[i];
            }
            sum += GREY[c] * channel;
        }
        return (float) (sum / area);
    }

    /** contrast · brightness · (saturation · turn + (1 − saturation) · grey). */
    private float[] matrix() {
        double cos = Math.cos(2 * Math.PI * hue);
        double sin = Math.sin(2 * Math.PI * hue) / Math.sqrt(3);
        float[] m = new float[9];
        for (int row = 0; row < 3; row++) {
            for (int column = 0; column < 3; column++) {
                double turn = (1 - cos) / 3 + (row == column ? cos : (column - row + 3) % 3 == 1 ? -sin : sin);
                double mixed = saturation * turn + (1 - saturation) * GREY[column];
                m[3 * row + column] = (float) (contrast * brightness * mixed);
            }
        }
        return m;
    }
}
