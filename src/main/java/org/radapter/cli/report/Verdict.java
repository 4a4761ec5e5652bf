package org.radapter.cli.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.radapter.train.statistics.Difference;

/**
 * What a run's figures say, in words computed from them.
 *
 * <p>A change is one that is larger than its standard error; up to twice that it is only probable.
 *
 * @param headline a sentence on the method in focus against its baseline
 * @param comparisons a sentence on each other method
 */
public record Verdict(String headline, List<String> comparisons) {
    /** Takes a copy. */
    public Verdict {
        comparisons = List.copyOf(comparisons);
    }

    /** The words for a run. */
    public static Verdict of(RunResults results) {
        String method = results.focus().method();
        String headline = sentence(results, method);
        List<String> comparisons = new ArrayList<>();
        for (MethodInfo other : results.methods()) {
            if (other.name().equals(method)
                    || other.name().equals(results.focus().baseline())) {
                continue;
            }
            String said = sentence(results, other.name());
            if (!said.isEmpty()) {
                comparisons.add(Figures.capitalized(other.label()) + ": " + said);
            }
        }
        return new Verdict(headline.isEmpty() ? "Nothing was compared" : Figures.capitalized(headline), comparisons);
    }

    /** For example {@code ID accuracy rose by 3.1 ± 0.8 points; far OOD did not fall (+0.2 ± 0.7)}. */
    private static String sentence(RunResults results, String method) {
        List<String> clauses = new ArrayList<>();
        for (SplitInfo split : spokenOf(results)) {
            Optional<Difference> change =
                    results.difference(method, results.focus().baseline(), split.name());
            if (change.isPresent()) {
                boolean first = clauses.isEmpty();
                String subject = split.label() + (first ? " accuracy " : " ");
                clauses.add(subject + (first ? change(change.get(), true) : change(change.get(), false)));
            }
        }
        return String.join("; ", clauses);
    }

    /** ID, then the farthest OOD; of a run with neither its first split. */
    private static List<SplitInfo> spokenOf(RunResults results) {
        List<SplitInfo> spoken = new ArrayList<>();
        results.split(SplitInfo.Role.ID).ifPresent(spoken::add);
        results.split(SplitInfo.Role.FAR_OOD)
                .or(() -> results.split(SplitInfo.Role.NEAR_OOD))
                .ifPresent(spoken::add);
        if (spoken.isEmpty() && !results.splits().isEmpty()) {
            spoken.add(results.splits().get(0));
        }
        return spoken;
    }

    private static String change(Difference change, boolean shouldRise) {
        double size = Math.abs(change.difference());
        boolean up = change.difference() > 0;
        if (!(size > change.standardError())) {
            String nothing = shouldRise
                    ? "did not change measurably"
                    : change.difference() < 0 ? "did not fall measurably" : "did not fall";
            return nothing + " (" + Figures.withError(change) + ")";
        }
        String verb = up ? "rose" : "fell";
        String probably = size > 2 * change.standardError() ? "" : "probably ";
        return probably + verb + " by " + Figures.sizeWithError(change) + " points";
    }
}
