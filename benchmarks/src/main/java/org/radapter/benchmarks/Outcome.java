package org.radapter.benchmarks;

import java.util.ArrayList;
import java.util.List;

/**
 * A line with its figures.
 *
 * @param line what was compared
 * @param peer the peer's faster trial
 * @param peerSettings malloc's settings at which it was that fast
 * @param theirs its iterations, in ms
 * @param ours our iterations, in ms
 * @param peerBytes its peak memory, NaN where time is compared
 * @param ourBytes our peak memory, likewise
 */
record Outcome(
        Line line, Trial peer, String peerSettings, double[] theirs, double[] ours, double peerBytes, double ourBytes) {
    /** The lines of which both sides have been timed. */
    static List<Outcome> of(List<Line> lines, Timings timings) {
        List<Outcome> outcomes = new ArrayList<>();
        for (Line line : lines) {
            double[] ours = timings.of(line.ours(), Report.DEFAULT_SETTINGS);
            Outcome best = null;
            for (Trial peer : line.peers()) {
                for (String settings : List.of(Report.DEFAULT_SETTINGS, Report.TUNED_SETTINGS)) {
                    double[] theirs = timings.of(peer, settings);
                    Outcome outcome = new Outcome(
                            line, peer, settings, theirs, ours, timings.peak(peer), timings.peak(line.ours()));
                    if (theirs.length > 0 && ours.length > 0 && (best == null || outcome.peerMs() < best.peerMs())) {
                        best = outcome;
                    }
                }
            }
            if (best != null) {
                outcomes.add(best);
            }
        }
        return outcomes;
    }

    double peerMs() {
        return Statistics.median(theirs);
    }

    double oursMs() {
        return Statistics.median(ours);
    }

    /** Whether memory is compared rather than time. */
    boolean ofMemory() {
        return Double.isFinite(ourBytes);
    }

    double ratio() {
        return ofMemory() ? peerBytes / ourBytes : peerMs() / oursMs();
    }

    /** The ratio of the peer's faster quarter to our slower one; of memory the ratio itself. */
    double ratioLow() {
        return ofMemory() ? ratio() : Statistics.quantile(theirs, .25) / Statistics.quantile(ours, .75);
    }

    /** The ratio of the peer's slower quarter to our faster one; of memory the ratio itself. */
    double ratioHigh() {
        return ofMemory() ? ratio() : Statistics.quantile(theirs, .75) / Statistics.quantile(ours, .25);
    }

    /** Half the distance of the quartiles to the median, as a share. */
    static double spread(double[] values) {
        return (Statistics.quantile(values, .75) - Statistics.quantile(values, .25)) / 2 / Statistics.median(values);
    }
}
