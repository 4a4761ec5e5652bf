package org.radapter.benchmarks;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;

/** Makes {@code ratios.csv}, the table and the plots of whatever has been measured so far. */
final class Report {
    /** malloc as it comes. */
    static final String DEFAULT_SETTINGS = "default";

    /** malloc told to keep large blocks, on large pages. */
    static final String TUNED_SETTINGS = "malloc-tuned";

    private final Arguments arguments;

    Report(Arguments arguments) {
        this.arguments = arguments;
    }

    /** Writes all files anew. */
    void write(List<Line> lines) throws IOException {
        Timings timings = new Timings(Timing.read(arguments.results().resolve("raw.csv")));
        List<Outcome> outcomes = Outcome.of(lines, timings);
        Ceilings ceilings = Ceilings.of(timings);
        Files.writeString(arguments.results().resolve("ratios.csv"), ratios(outcomes, ceilings));
        String table = new Table(arguments, timings, ceilings).of(lines, outcomes);
        Files.writeString(arguments.results().resolve("README.md"), table);
        Plots.write(arguments.results(), outcomes, ceilings);
        System.out.println(table);
    }

    private static String ratios(List<Outcome> outcomes, Ceilings ceilings) {
        StringBuilder csv = new StringBuilder("work,shape,dtype,peer,peer_settings,peer_ms,ours_ms,ratio,ratio_low,"
                + "ratio_high,peer_bytes,our_bytes,share_of_ceiling\n");
        for (Outcome outcome : outcomes) {
            Trial ours = outcome.line().ours();
            csv.append(String.join(
                            ",",
                            outcome.line().work(),
                            ours.shape(),
                            ours.precision().label(),
                            outcome.line().peer(),
                            settings(outcome),
                            number(outcome.peerMs()),
                            number(outcome.oursMs()),
                            number(outcome.ratio()),
                            number(outcome.ratioLow()),
                            number(outcome.ratioHigh()),
                            bytes(outcome.peerBytes()),
                            bytes(outcome.ourBytes()),
                            share(outcome, ceilings)))
                    .append('\n');
        }
        return csv.toString();
    }

    /** malloc's settings, and the peer's precision where it is not ours. */
    static String settings(Outcome outcome) {
        Precision precision = outcome.peer().precision();
        return precision == outcome.line().ours().precision()
                ? outcome.peerSettings()
                : outcome.peerSettings() + "; " + precision.label();
    }

    private static String bytes(double bytes) {
        return Double.isFinite(bytes) ? String.format(Locale.ROOT, "%.0f", bytes) : "";
    }

    private static String share(Outcome outcome, Ceilings ceilings) {
        double least = Table.least(outcome, ceilings);
        return least == 0 ? "" : number(least / outcome.oursMs());
    }

    /** Five digits that count, without an exponent. */
    static String number(double value) {
        return new BigDecimal(value).round(new MathContext(5)).toPlainString();
    }
}
