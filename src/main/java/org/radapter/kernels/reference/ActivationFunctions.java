package org.radapter.kernels.reference;

import org.radapter.kernels.Activation;

/** QuickGELU and GELU with their derivatives. */
final class ActivationFunctions {
    private static final double QUICK = 1.702;

    private final Precision precision;

    ActivationFunctions(Precision precision) {
        this.precision = precision;
    }

    /** act(v), v itself for NONE. */
    double value(Activation activation, double v) {
        return switch (activation) {
            case NONE -> v;
            case QUICK_GELU -> precision.round(v * sigmoid(v));
            case GELU -> precision.round(v * normalDistribution(v));
            case QUICK_GELU_GRADIENT, GELU_GRADIENT ->
                throw new IllegalArgumentException(activation + " is a derivative and needs the activation's input");
        };
    }

    /** act'(v) of QUICK_GELU or GELU, whether named by itself or by its gradient. */
    double derivative(Activation activation, double v) {
        return switch (activation) {
            case NONE -> 1;
            case QUICK_GELU, QUICK_GELU_GRADIENT -> {
                double sigmoid = sigmoid(v);
                yield precision.round(sigmoid * precision.round(1 + QUICK * v * (1 - sigmoid)));
            }
            case GELU, GELU_GRADIENT -> precision.round(normalDistribution(v) + precision.round(v * normalDensity(v)));
        };
    }

    private double sigmoid(double v) {
        return precision.round(1 / (1 + Math.exp(-QUICK * v)));
    }

    private double normalDistribution(double v) {
        return precision.round(0.5 * ErrorFunction.erfc(-v * Math.sqrt(0.5)));
    }

    private double normalDensity(double v) {
        return precision.round(Math.exp(-0.5 * v * v) / Math.sqrt(2 * Math.PI));
    }
}
