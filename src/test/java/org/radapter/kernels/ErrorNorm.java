package org.radapter.kernels;

/** How far a result is from what it should be. */
public final class ErrorNorm {
    private ErrorNorm() {}

    /** ‖result - expected‖₂/‖expected‖₂; where nothing but zeros is expected, ‖result‖₂. NaN where a result is. */
    public static double relative(double[] result, double[] expected) {
        if (result.length != expected.length) {
            throw new IllegalArgumentException(result.length + " results for " + expected.length + " expected");
        }
        double[] difference = new double[result.length];
        for (int i = 0; i < result.length; i++) {
            difference[i] = result[i] - expected[i];
        }
        double norm = norm(expected);
        return norm == 0 ? norm(difference) : norm(difference) / norm;
    }

    /** Changes the number of greatest magnitude by two percent, a zero to .02: what every comparison has to see. */
    public static void changeLargest(double[] values) {
        int largest = 0;
        for (int i = 0; i < values.length; i++) {
            largest = Math.abs(values[i]) > Math.abs(values[largest]) ? i : largest;
        }
        values[largest] = values[largest] == 0 ? .02 : values[largest] * 1.02;
    }

    private static double norm(double[] values) {
        double greatest = 0;
        for (double value : values) {
            greatest = Math.max(greatest, Math.abs(value));
        }
        if (greatest == 0 || !Double.isFinite(greatest)) {
            return greatest;
        }
        double squares = 0;
        for (double value : values) {
            squares += (value / greatest) * (value / greatest);
        }
        return greatest * Math.sqrt(squares);
    }
}
