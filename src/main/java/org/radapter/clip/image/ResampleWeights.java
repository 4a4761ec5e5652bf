package org.radapter.clip.image;

/**
 * What each sample of a line's output takes from its input: Pillow's fixed-point weights (22 bits).
 *
 * @param first first input sample of each output sample, [count]
 * @param weights weights of the samples from there on, [count][taps]
 */
@SuppressWarnings("ArrayRecordComponent")
record ResampleWeights(int[] first, int[][] weights) {
    /** Bits after the point: 32 less 8 for a sample and 2 for the kernel's overshoot. */
    static final int PRECISION_BITS = 22;

    /**
     * For outputs {@code from} … {@code from + count − 1} of a line of {@code inputs} samples resized to
     * {@code outputs}.
     */
    static ResampleWeights of(Interpolation kernel, int inputs, int outputs, int from, int count) {
        double scale = (double) inputs / outputs;
        double stretch = Math.max(scale, 1);
        double support = kernel.support() * stretch;
        int[] first = new int[count];
        int[][] weights = new int[count][];
        for (int i = 0; i < count; i++) {
            double center = (from + i + .5) * scale;
            int begin = Math.max((int) (center - support + .5), 0);
            int end = Math.min((int) (center + support + .5), inputs);
            first[i] = begin;
            weights[i] = fixedPoint(kernelAt(kernel, begin - center + .5, 1 / stretch, end - begin));
        }
        return new ResampleWeights(first, weights);
    }

    private static double[] kernelAt(Interpolation kernel, double offset, double step, int taps) {
        double[] weights = new double[taps];
        double sum = 0;
        for (int x = 0; x < taps; x++) {
            weights[x] = kernel.weight((x + offset) * step);
            sum += weights[x];
        }
        for (int x = 0; sum != 0 && x < taps; x++) {
            weights[x] *= 1 / sum;
        }
        return weights;
    }

    private static int[] fixedPoint(double[] weights) {
        int[] fixed = new int[weights.length];
        for (int i = 0; i < fixed.length; i++) {
            fixed[i] = (int) (Math.copySign(.5, weights[i]) + weights[i] * (1 << PRECISION_BITS));
        }
        return fixed;
    }

    int begin() {
        return first[0];
    }

    int end() {
        int last = first.length - 1;
        return first[last] + weights[last].length;
    }
}
