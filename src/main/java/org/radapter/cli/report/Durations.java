package org.radapter.cli.report;

import java.util.Locale;

/** Durations as people say them. */
public final class Durations {
    private Durations() {}

    /** For example {@code 0.4 s}, {@code 21 s}, {@code 1 min 12 s}, {@code 2 h 5 min}. */
    public static String words(double seconds) {
        if (seconds < 9.95) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        if (whole < 60) {
            return whole + " s";
        }
        if (whole < 3600) {
            return whole / 60 + " min " + whole % 60 + " s";
        }
        return whole / 3600 + " h " + whole % 3600 / 60 + " min";
    }
}
