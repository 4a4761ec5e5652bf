package org.radapter.kernels.reference;

/** The error function and its complement, each with a relative error below 1e-15. */
final class ErrorFunction {
    private static final double TWO_OVER_ROOT_PI = 1.1283791670955126;
    private static final double ONE_OVER_ROOT_PI = 0.5641895835477563;
    private static final int FRACTION_TERMS = 200;
    private static final double COMPLEMENT_VANISHES = 30;

    private ErrorFunction() {}

    /** 2/√π ∫₀ˣ exp(-t²) dt. */
    static double erf(double x) {
        if (x >= 1) {
            return 1 - fraction(x);
        }
        return x <= -1 ? fraction(-x) - 1 : series(x);
    }

    /** 1 - erf(x), without cancellation where x is large. */
    static double erfc(double x) {
        return x >= 1 ? fraction(x) : 1 - erf(x);
    }

    /** erf(x) = 2/√π exp(-x²) Σ 2ⁿ x²ⁿ⁺¹/(2n+1)!!, whose terms have one sign. */
    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return TWO_OVER_ROOT_PI * expOfMinusSquare(x) * sum;
    }

    /** erfc(x) = exp(-x²)/√π · 1/(x + ½/(x + 1/(x + 3/2/(x + …)))), for x ≥ 1. */
    private static double fraction(double x) {
        if (x > COMPLEMENT_VANISHES) {
            return 0;
        }
        double value = x;
        for (int n = FRACTION_TERMS; n > 0; n--) {
            value = x + 0.5 * n / value;
        }
        return ONE_OVER_ROOT_PI * expOfMinusSquare(x) / value;
    }

    /** exp(-x²) with the rounding error of the square put back. */
    private static double expOfMinusSquare(double x) {
        double square = x * x;
        double rest = Math.fma(x, x, -square);
        return Math.exp(-square) * (1 - rest);
    }
}
