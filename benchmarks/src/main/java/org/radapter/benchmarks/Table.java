package org.radapter.benchmarks;

import java.time.LocalDate;
import java.util.List;
import java.util.Locale;

/** The table for people, with what is needed to judge it. */
final class Table {
    /** How much slower than its Python front end a peer may be before the line must say so. */
    private static final double TOLERATED = 1.25;

    private final Arguments arguments;
    private final Timings timings;
    private final Ceilings ceilings;

    Table(Arguments arguments, Timings timings, Ceilings ceilings) {
        this.arguments = arguments;
        this.timings = timings;
        this.ceilings = ceilings;
    }

    /** Time of a line at the ceiling, in ms. */
    static double least(Outcome outcome, Ceilings ceilings) {
        Trial ours = outcome.line().ours();
        return ceilings.least(ours.instance().cost(ours.shape(), ours.precision()), ours.precision());
    }

    /** The whole file. */
    String of(List<Line> lines, List<Outcome> outcomes) {
        StringBuilder text = new StringBuilder("# Speed beside other libraries\n\n");
        text.append(Machine.describe())
                .append("- Date: ")
                .append(LocalDate.now())
                .append('\n');
        text.append("- Command: `").append(arguments.command()).append("`\n");
        text.append("- Ceilings measured in this run: ").append(ceilings()).append('\n');
        text.append("""
                - Both sides have %d threads. Results and gradients of both are compared before ours are timed.
                - libtorch, on %s, ran with default settings and with malloc told to keep large blocks, on large
                  pages (`%s`); the faster counts.
                - ratio = the peer's median time / our median time (of memory: its peak / ours); in brackets the same of their
                  faster quarter and our slower one, and the other way round. ± is half the distance of the quartiles.
                - share: the least time this work needs at the ceiling, as a share of ours.
                - heap: bytes of Java heap a call of ours allocates (`-prof gc`), what JMH itself allocates included.

                | work | shape | dtype | peer | peer ms | our ms | ratio | asked | rate | share | heap |
                |---|---|---|---|---:|---:|---:|---:|---:|---:|---:|
                """.formatted(NativeOperation.THREADS, Forks.blas(), Report.TUNED_SETTINGS));
        outcomes.forEach(outcome -> text.append(row(outcome)));
        if (!Precision.BF16.isMultiplied()) {
            text.append("""

                    This processor has no instructions for bf16: rows whose peer would have to be in bf16 are left out, for
                    oneDNN refuses to multiply there, and libtorch emulates it, some fifty times as slow as in fp32.
                    """);
        }
        List<String> missing = lines.stream()
                .filter(line ->
                        outcomes.stream().noneMatch(outcome -> outcome.line().equals(line)))
                .map(line -> line.ours() + " beside " + line.peer())
                .toList();
        if (!missing.isEmpty()) {
            text.append("\nNot measured: ").append(String.join("; ", missing)).append(".\n");
        }
        outcomes.stream().filter(Table::isSlowPeer).forEach(outcome -> text.append(slowPeer(outcome)));
        return text.append("\n![Ratios](ratios.png)\n\n![Shares of the ceiling](shares.png)\n")
                .toString();
    }

    private String ceilings() {
        StringBuilder text = new StringBuilder();
        ceilings.flops().forEach((precision, flops) -> {
            if (Double.isFinite(flops)) {
                text.append(String.format(Locale.ROOT, "%s %.0f GFLOP/s, ", precision.label(), flops * 1e-6));
            }
        });
        return text.append(String.format(Locale.ROOT, "copy %.1f GB/s", ceilings.bytes() * 1e-6))
                .toString();
    }

    private String row(Outcome outcome) {
        Line line = outcome.line();
        Trial ours = line.ours();
        Cost cost = ours.instance().cost(ours.shape(), ours.precision());
        boolean products = ceilings.boundByProducts(cost, ours.precision());
        double rate = (products ? cost.flops() : cost.bytes()) / outcome.oursMs() * 1e-6;
        return "| %s | %s | %s | %s (%s) | %s | %s | %s (%s–%s) | %s | %s %s | %s | %s |%n"
                .formatted(
                        line.work(),
                        ours.shape(),
                        ours.precision().label(),
                        line.peer(),
                        Report.settings(outcome),
                        timed(outcome.theirs()) + megabytes(outcome.peerBytes()),
                        timed(outcome.ours()) + megabytes(outcome.ourBytes()),
                        ratio(outcome.ratio()),
                        ratio(outcome.ratioLow()),
                        ratio(outcome.ratioHigh()),
                        asked(outcome),
                        Report.number(rate),
                        products ? "GFLOP/s" : "GB/s",
                        share(outcome),
                        heap(timings.allocated(ours)));
    }

    /** Empty where the ceiling was not measured. */
    private String share(Outcome outcome) {
        double least = least(outcome, ceilings);
        return least == 0 ? "" : "%.0f %%".formatted(100 * least / outcome.oursMs());
    }

    private static String asked(Outcome outcome) {
        double floor = outcome.line().floor();
        return floor == 0 ? "" : "≥ %s %s".formatted(floor, outcome.ratio() >= floor ? "✓" : "✗");
    }

    private static String timed(double[] values) {
        return "%s ± %.0f %%".formatted(Report.number(Statistics.median(values)), 100 * Outcome.spread(values));
    }

    private static String megabytes(double bytes) {
        return Double.isFinite(bytes) ? String.format(Locale.ROOT, ", %.0f MB", bytes * 1e-6) : "";
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String heap(double bytes) {
        return Double.isNaN(bytes) ? "" : String.format(Locale.ROOT, "%.0f B", bytes);
    }

    private static boolean isSlowPeer(Outcome outcome) {
        return outcome.line().mark() > 0
                && outcome.peerMs() > TOLERATED * outcome.line().mark();
    }

    private static String slowPeer(Outcome outcome) {
        return "\n%s: the peer took %.1f ms, its Python front end once %.1f ms on this kind of machine, quiet.%n"
                .formatted(
                        outcome.line().ours(), outcome.peerMs(), outcome.line().mark());
    }
}
