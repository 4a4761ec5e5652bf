package org.radapter.cli.report;

import java.util.List;
import java.util.Optional;
import org.radapter.data.Credit;
import org.radapter.train.statistics.AccuracyRow;
import org.radapter.train.statistics.Difference;
import org.radapter.train.statistics.MeanAccuracy;
import org.radapter.train.statistics.PairedComparison;

/**
 * Everything a run has to show. Any list may be empty: the report leaves out what there is nothing of.
 *
 * @param run what was run, on what, and how long it took
 * @param focus what the headline speaks of
 * @param methods in the order of tables and pictures, the baseline first
 * @param splits in the order of tables
 * @param rows accuracy of every (method, split, seed)
 * @param accuracies mean over seeds of every (method, split)
 * @param differences of every pair of methods on every split
 * @param curve accuracies along α
 * @param losses loss of every (method, seed)
 * @param examples images with what was said of them before and after
 * @param credits of data and model
 */
public record RunResults(
        RunDescription run,
        Focus focus,
        List<MethodInfo> methods,
        List<SplitInfo> splits,
        List<AccuracyRow> rows,
        List<MeanAccuracy> accuracies,
        List<Difference> differences,
        List<CurvePoint> curve,
        List<LossCurve> losses,
        List<Example> examples,
        List<Credit> credits) {
    /**
     * What the headline speaks of.
     *
     * @param method name of the method the run is about
     * @param baseline name of the method it is compared with, such as the model before fine-tuning
     * @param alpha α of {@code method}'s figures
     */
    public record Focus(String method, String baseline, double alpha) {}

    /** Takes copies. */
    public RunResults {
        methods = List.copyOf(methods);
        splits = List.copyOf(splits);
        rows = List.copyOf(rows);
        accuracies = List.copyOf(accuracies);
        differences = List.copyOf(differences);
        curve = List.copyOf(curve);
        losses = List.copyOf(losses);
        examples = List.copyOf(examples);
        credits = List.copyOf(credits);
    }

    /** Results with the figures of a comparison, and neither curves, examples nor credits yet. */
    public static RunResults of(
            RunDescription run,
            Focus focus,
            List<MethodInfo> methods,
            List<SplitInfo> splits,
            PairedComparison comparison) {
        return new RunResults(
                run,
                focus,
                methods,
                splits,
                comparison.rows(),
                comparison.accuracies(),
                comparison.differences(),
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }

    /** The same with accuracies along α. */
    public RunResults withCurve(List<CurvePoint> points) {
        return new RunResults(
                run, focus, methods, splits, rows, accuracies, differences, points, losses, examples, credits);
    }

    /** The same with loss curves. */
    public RunResults withLosses(List<LossCurve> curves) {
        return new RunResults(
                run, focus, methods, splits, rows, accuracies, differences, curve, curves, examples, credits);
    }

    /** The same with example images. */
    public RunResults withExamples(List<Example> images) {
        return new RunResults(
                run, focus, methods, splits, rows, accuracies, differences, curve, losses, images, credits);
    }

    /** The same with credits. */
    public RunResults withCredits(List<Credit> owed) {
        return new RunResults(
                run, focus, methods, splits, rows, accuracies, differences, curve, losses, examples, owed);
    }

    /** The mean accuracy of a method on a split, if it was measured. */
    public Optional<MeanAccuracy> accuracy(String method, String split) {
        return accuracies.stream()
                .filter(each -> each.method().equals(method) && each.split().equals(split))
                .findFirst();
    }

    /** Accuracy of {@code method} minus that of {@code other} on a split, whichever way round it was computed. */
    public Optional<Difference> difference(String method, String other, String split) {
        return differences.stream()
                .filter(each -> each.split().equals(split))
                .flatMap(each -> {
                    if (each.method().equals(method) && each.baseline().equals(other)) {
                        return Optional.of(each).stream();
                    }
                    boolean reversed =
                            each.method().equals(other) && each.baseline().equals(method);
                    return reversed ? Optional.of(each.reversed()).stream() : Optional.<Difference>empty().stream();
                })
                .findFirst();
    }

    /** The first split of a role, if there is one. */
    public Optional<SplitInfo> split(SplitInfo.Role role) {
        return splits.stream().filter(each -> each.role() == role).findFirst();
    }

    /** What people call a method; its name if nothing else is known. */
    public String methodLabel(String name) {
        return methods.stream()
                .filter(each -> each.name().equals(name))
                .map(MethodInfo::label)
                .findFirst()
                .orElse(name);
    }
}
