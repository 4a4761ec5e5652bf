package org.radapter.clip.image;

/**
 * Samples to the numbers a tower reads: {@code (sample / 255 − mean) / deviation}, in float32 as torchvision computes
 * it.
 */
public final class Normalization {
    /** OpenAI's and OpenCLIP's constants. */
    public static final Normalization CLIP = new Normalization(
            new double[] {0.48145466, 0.4578275, 0.40821073}, new double[] {0.26862954, 0.26130258, 0.27577711});

    private final float[][] table = new float[3][256];
    private final float[] mean = new float[3];
    private final float[] deviation = new float[3];

    /**
     * Constants of one's own.
     *
     * @param mean of red, green and blue, 0 … 1
     * @param deviation of red, green and blue, positive
     * @throws IllegalArgumentException if there are not three of each, or one is not finite, or a deviation not positive
     */
    public Normalization(double[] mean, double[] deviation) {
        if (mean.length != 3 || deviation.length != 3) {
            throw new IllegalArgumentException("mean and deviation need three numbers each, for red, green and blue");
        }
        for (int c = 0; c < 3; c++) {
            if (!Double.isFinite(mean[c]) || !Double.isFinite(deviation[c]) || deviation[c] <= 0) {
                throw new IllegalArgumentException(
                        "cannot normalise with mean " + mean[c] + " and deviation " + deviation[c]);
            }
            this.mean[c] = (float) mean[c];
            this.deviation[c] = (float) deviation[c];
            for (int sample = 0; sample < 256; sample++) {
                table[c][sample] = (sample / 255f - this.mean[c]) / this.deviation[c];
            }
        }
    }

    /** Writes an image as planes, [3, height, width], from {@code out[offset]} on. */
    public void apply(RgbImage image, float[] out, int offset) {
        byte[] pixels = image.pixels();
        int area = image.width() * image.height();
        for (int c = 0; c < 3; c++) {
            float[] values = table[c];
            for (int i = 0; i < area; i++) {
                out[offset + c * area + i] = values[pixels[3 * i + c] & 0xff];
            }
        }
    }

    /** The number for a level of 0 … 1 in a channel. */
    float apply(int channel, float level) {
        return (level - mean[channel]) / deviation[channel];
    }
}
