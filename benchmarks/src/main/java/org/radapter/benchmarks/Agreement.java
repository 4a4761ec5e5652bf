package org.radapter.benchmarks;

import java.util.Map;

/** Compares what two sides computed. */
final class Agreement {
    private Agreement() {}

    /**
     * Requires equal names, and for each ‖actual − expected‖ ≤ tolerance·‖expected‖.
     *
     * @throws AssertionError saying what differs, and by how much
     */
    static void require(String what, Map<String, float[]> actual, Map<String, float[]> expected, double tolerance) {
        if (!actual.keySet().equals(expected.keySet()) || actual.isEmpty()) {
            throw new AssertionError(what + ": results " + actual.keySet() + " against " + expected.keySet());
        }
        expected.forEach((name, values) -> {
            double error = relativeError(actual.get(name), values);
            // also refuses NaN
            if (!(error <= tolerance)) {
                throw new AssertionError(
                        "%s: %s differs by %.3g of its length, more than %.3g".formatted(what, name, error, tolerance));
            }
        });
    }

    /** ‖actual − expected‖ / ‖expected‖. */
    static double relativeError(float[] actual, float[] expected) {
        if (actual.length != expected.length) {
            throw new AssertionError(actual.length + " numbers against " + expected.length);
        }
        double error = 0;
        double length = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = (double) actual[i] - expected[i];
            error += difference * difference;
            length += (double) expected[i] * expected[i];
        }
        return length == 0 ? (error == 0 ? 0 : Double.POSITIVE_INFINITY) : Math.sqrt(error / length);
    }
}
