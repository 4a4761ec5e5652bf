package org.radapter.cli.report.html;

import java.util.ArrayList;
import java.util.List;
import org.radapter.cli.report.Figures;

/**
 * A linear axis between two values, with ticks at round numbers (1, 2 or 5 times a power of ten).
 *
 * @param low smallest value shown
 * @param high largest value shown, above {@code low}
 * @param step distance of two ticks
 */
record Scale(double low, double high, double step) {
    /** A scale that shows both values and ends at ticks. */
    static Scale around(double low, double high, int aboutTicks) {
        double span = high - low;
        if (!(span > 1e-9 * Math.max(1, Math.abs(high)))) {
            double margin = Math.max(1, Math.abs(high)) / 10;
            return around(low - margin, high + margin, aboutTicks);
        }
        double step = roundStep(span / aboutTicks);
        return new Scale(step * Math.floor(low / step + 1e-9), step * Math.ceil(high / step - 1e-9), step);
    }

    /** A scale that ends exactly at two values. */
    static Scale exactly(double low, double high, int aboutTicks) {
        return new Scale(low, high, roundStep((high - low) / aboutTicks));
    }

    private static double roundStep(double atLeast) {
        double power = Math.pow(10, Math.floor(Math.log10(atLeast)));
        for (double factor : new double[] {1, 2, 5}) {
            if (factor * power >= atLeast * (1 - 1e-9)) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    /** The round values within the scale. */
    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        long last = (long) Math.floor(high / step + 1e-9);
        for (long i = (long) Math.ceil(low / step - 1e-9); i <= last; i++) {
            ticks.add(i * step);
        }
        return ticks;
    }

    /** A tick's number, with the decimals that tell it from its neighbours. */
    String label(double tick) {
        int decimals = (int) Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
        return Figures.decimal(tick, decimals);
    }

    /** Where a value lies: 0 at the low end, 1 at the high end. */
    double share(double value) {
        return (value - low) / (high - low);
    }
}
