package org.radapter.kernels.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The error function against tables and against its power series in 80 digits. */
final class ErrorFunctionTest {
    private static final MathContext DIGITS = new MathContext(80);
    private static final BigDecimal PI =
            new BigDecimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899");

    /** Abramowitz and Stegun, table 7.1, and the complement at larger arguments. */
    @ParameterizedTest
    @CsvSource({
        "0.02, 0.0225645746918450",
        "0.5, 0.5204998778130465",
        "1, 0.8427007929497149",
        "1.5, 0.9661051464753108",
        "2, 0.9953222650189527"
    })
    void tabulatedValues(double x, double erf) {
        assertThat(Math.abs(ErrorFunction.erf(x) / erf - 1)).isLessThan(1e-14);
        assertThat(ErrorFunction.erf(-x)).isEqualTo(-ErrorFunction.erf(x));
    }

    @Test
    void relativeErrorIsBelow1e15() {
        Random random = new Random(1);
        for (int i = 0; i < 600; i++) {
            double x = (random.nextDouble() * 12 - 6) * (i % 3 == 0 ? 1e-3 : 1);
            BigDecimal erf = powerSeries(new BigDecimal(x));
            assertThat(relativeError(ErrorFunction.erf(x), erf))
                    .as("erf(%s)", x)
                    .isLessThan(1e-15);
            BigDecimal erfc = BigDecimal.ONE.subtract(erf);
            assertThat(relativeError(ErrorFunction.erfc(x), erfc))
                    .as("erfc(%s)", x)
                    .isLessThan(1e-15);
        }
    }

    @Test
    void limits() {
        assertThat(ErrorFunction.erf(0)).isZero();
        assertThat(ErrorFunction.erf(Double.POSITIVE_INFINITY)).isEqualTo(1);
        assertThat(ErrorFunction.erf(Double.NEGATIVE_INFINITY)).isEqualTo(-1);
        assertThat(ErrorFunction.erfc(1e200)).isZero();
        assertThat(ErrorFunction.erf(1e-300)).isEqualTo(1e-300 * 1.1283791670955126);
        assertThat(ErrorFunction.erf(Double.NaN)).isNaN();
        assertThat(ErrorFunction.erfc(Double.NaN)).isNaN();
    }

    private static double relativeError(double value, BigDecimal exact) {
        return new BigDecimal(value).subtract(exact).divide(exact, DIGITS).abs().doubleValue();
    }

    /** 2/√π Σ (-1)ⁿ x²ⁿ⁺¹/(n! (2n+1)). */
    private static BigDecimal powerSeries(BigDecimal x) {
        BigDecimal square = x.multiply(x, DIGITS).negate();
        BigDecimal power = x;
        BigDecimal sum = x;
        for (int n = 1; power.abs().compareTo(new BigDecimal("1e-70")) > 0; n++) {
            power = power.multiply(square, DIGITS).divide(BigDecimal.valueOf(n), DIGITS);
            sum = sum.add(power.divide(BigDecimal.valueOf(2L * n + 1), DIGITS), DIGITS);
        }
        return sum.multiply(BigDecimal.valueOf(2)).divide(PI.sqrt(DIGITS), DIGITS);
    }
}
