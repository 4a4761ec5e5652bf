package org.radapter.cli.report;

import java.util.Locale;
import org.radapter.train.statistics.Difference;
import org.radapter.train.statistics.MeanAccuracy;

/** Numbers as people read them: percent with one decimal, a true minus sign, errors after ±. */
public final class Figures {
    private static final char MINUS = '\u2212';

    private Figures() {}

    /** A share as percent without its sign, {@code 46.2}; a dash for NaN. */
    public static String percent(double share) {
        return decimal(100 * share, 1);
    }

    /** A difference of shares in points with its sign, {@code +3.1}; a dash for NaN. */
    public static String points(double difference) {
        if (Double.isNaN(difference)) {
            return "–";
        }
        String figure = decimal(Math.abs(100 * difference), 1);
        if (figure.equals("0.0")) {
            return figure;
        }
        return (difference < 0 ? MINUS : '+') + figure;
    }

    /** An accuracy with its error, {@code 46.2 ± 1.2}. */
    public static String withError(MeanAccuracy accuracy) {
        return percent(accuracy.accuracy()) + error(accuracy.standardError());
    }

    /** A difference with its sign and error, {@code +3.1 ± 0.8}. */
    public static String withError(Difference difference) {
        return points(difference.difference()) + error(difference.standardError());
    }

    /** A difference's size and error without a sign, {@code 3.1 ± 0.8}. */
    public static String sizeWithError(Difference difference) {
        return decimal(Math.abs(100 * difference.difference()), 1) + error(difference.standardError());
    }

    /** A number with a fixed count of decimals and a true minus sign; a dash for NaN. */
    public static String decimal(double value, int decimals) {
        if (Double.isNaN(value)) {
            return "–";
        }
        String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
        boolean zero = text.chars().noneMatch(c -> c >= '1' && c <= '9');
        return zero ? text.replace("-", "") : text.replace('-', MINUS);
    }

    /** A number as short as it is exact to three decimals: {@code 0.5}, {@code 1}. */
    public static String brief(double value) {
        String text = decimal(value, 3);
        return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
    }

    /** A label as it stands at the beginning of a line. */
    public static String capitalized(String label) {
        if (label.isEmpty()) {
            return label;
        }
        int first = label.codePointAt(0);
        return new StringBuilder()
                .appendCodePoint(Character.toUpperCase(first))
                .append(label.substring(Character.charCount(first)))
                .toString();
    }

    private static String error(double standardError) {
        return Double.isNaN(standardError) ? "" : " ± " + percent(standardError);
    }
}
