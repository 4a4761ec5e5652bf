package org.radapter.clip.image;

/**
 * Samples an image with alpha under an affine map, over a ground: each output pixel is the mean of n × n bilinear
 * samples, n growing with the map's stretch, so that shrinking does not alias.
 */
final class AffineSampler {
    private static final int MOST_SAMPLES = 8;

    private AffineSampler() {}

    /** Writes levels of 0 … 1 as planes, [3, size, size], from {@code out[offset]} on. */
    static void sample(RgbaImage image, AffineMap map, int size, float[] ground, float[] out, int offset) {
        int grid = (int) Math.max(1, Math.min(MOST_SAMPLES, Math.ceil(map.stretch() - 1e-9)));
        float share = 1f / (255 * 255 * grid * grid);
        float[] sum = new float[4];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                sum[0] = sum[1] = sum[2] = sum[3] = 0;
                for (int j = 0; j < grid; j++) {
                    double v = y + (j + .5) / grid;
                    for (int i = 0; i < grid; i++) {
                        double u = x + (i + .5) / grid;
                        addBilinear(
                                image,
                                (float) (map.xx() * u + map.xy() * v + map.x0() - .5),
                                (float) (map.yx() * u + map.yy() * v + map.y0() - .5),
                                sum);
                    }
                }
                float clear = 1 - sum[3] * share * 255;
                int at = offset + y * size + x;
                out[at] = sum[0] * share + clear * ground[0];
                out[at + size * size] = sum[1] * share + clear * ground[1];
                out[at + 2 * size * size] = sum[2] * share + clear * ground[2];
            }
        }
    }

    /** Adds colours (times alpha, 0 … 255²) and alpha (0 … 255) at a place between pixels; outside, nothing. */
    private static void addBilinear(RgbaImage image, float x, float y, float[] sum) {
        int left = (int) Math.floor(x);
        int top = (int) Math.floor(y);
        float right = x - left;
        float low = y - top;
        if (left >= 0 && top >= 0 && left + 1 < image.width() && top + 1 < image.height()) {
            int at = (top * image.width() + left) * 4;
            int below = at + image.width() * 4;
            addInside(image.pixels(), at, (1 - right) * (1 - low), sum);
            addInside(image.pixels(), at + 4, right * (1 - low), sum);
            addInside(image.pixels(), below, (1 - right) * low, sum);
            addInside(image.pixels(), below + 4, right * low, sum);
            return;
        }
        addPixel(image, left, top, (1 - right) * (1 - low), sum);
        addPixel(image, left + 1, top, right * (1 - low), sum);
        addPixel(image, left, top + 1, (1 - right) * low, sum);
        addPixel(image, left + 1, top + 1, right * low, sum);
    }

    private static void addPixel(RgbaImage image, int x, int y, float weight, float[] sum) {
        if (x < 0 || y < 0 || x >= image.width() || y >= image.height()) {
            return;
        }
        addInside(image.pixels(), (y * image.width() + x) * 4, weight, sum);
    }

    private static void addInside(byte[] pixels, int at, float weight, float[] sum) {
        float alpha = (pixels[at + 3] & 0xff) * weight;
        sum[0] += (pixels[at] & 0xff) * alpha;
        sum[1] += (pixels[at + 1] & 0xff) * alpha;
        sum[2] += (pixels[at + 2] & 0xff) * alpha;
        sum[3] += alpha;
    }
}
