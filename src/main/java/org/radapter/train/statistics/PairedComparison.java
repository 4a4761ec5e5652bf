package org.radapter.train.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.radapter.tensor.CounterRandom;

/**
 * Compares methods on the same images: accuracies, differences of every pair, and their standard errors.
 *
 * <p>Within an image the runs of a method are averaged over their seeds, however many there are; then images are
 * resampled. The error so found says how far the figures would move on other images of the same kind. Nothing depends
 * on the order in which outcomes come, but the order of methods and splits in the results is that of their first
 * outcome.
 */
public final class PairedComparison {
    private final List<Outcomes> outcomes;
    private final List<Split> splits = new ArrayList<>();

    /** One split's images: what each method got of each, and the same of every resample. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Split(String name, List<String> methods, double[][] values, double[][] resampled) {}

    private PairedComparison(List<Outcomes> outcomes, int resamples, CounterRandom random) {
        this.outcomes = outcomes;
        Map<String, Map<String, List<Outcomes>>> grouped = new LinkedHashMap<>();
        for (Outcomes each : outcomes) {
            grouped.computeIfAbsent(each.split(), name -> new LinkedHashMap<>())
                    .computeIfAbsent(each.method(), name -> new ArrayList<>())
                    .add(each);
        }
        grouped.forEach((name, methods) -> splits.add(split(name, methods, resamples, random)));
    }

    /**
     * Compares with 10,000 resamples.
     *
     * @param outcomes of every (method, split, seed)
     * @throws IllegalArgumentException if two outcomes of one split are not on the same images in the same order, or one
     *     (method, split, seed) comes twice
     */
    public static PairedComparison of(List<Outcomes> outcomes) {
        return of(outcomes, Bootstrap.RESAMPLES, 0);
    }

    /**
     * Compares.
     *
     * @param outcomes of every (method, split, seed)
     * @param resamples number of resamples, at least 2
     * @param seed of the resampling; equal seeds, equal figures
     * @throws IllegalArgumentException as {@link #of(List)}
     */
    public static PairedComparison of(List<Outcomes> outcomes, int resamples, long seed) {
        if (resamples < 2) {
            throw new IllegalArgumentException("a standard error needs at least 2 resamples, not " + resamples);
        }
        return new PairedComparison(List.copyOf(outcomes), resamples, new CounterRandom(seed));
    }

    private static Split split(String name, Map<String, List<Outcomes>> methods, int resamples, CounterRandom random) {
        List<Outcomes> all = methods.values().stream().flatMap(List::stream).toList();
        Outcomes first = all.get(0);
        all.forEach(each -> checkSameImages(first, each));
        double[][] values = new double[first.correct().length][methods.size()];
        int m = 0;
        for (List<Outcomes> runs : methods.values()) {
            checkSeedsDiffer(runs);
            for (int i = 0; i < values.length; i++) {
                values[i][m] = shareOfRunsRight(runs, i);
            }
            m++;
        }
        double[][] resampled = Bootstrap.means(values, resamples, random, CounterRandom.site("bootstrap " + name));
        return new Split(name, List.copyOf(methods.keySet()), values, resampled);
    }

    private static void checkSameImages(Outcomes first, Outcomes other) {
        if (first.images().equals(other.images())) {
            return;
        }
        throw new IllegalArgumentException("methods can only be compared on the same images in the same order, but on"
                + " split \"" + first.split() + "\" \"" + other.method() + "\" (seed " + other.seed() + ", "
                + other.images().size() + " images) saw others than \"" + first.method() + "\" (seed " + first.seed()
                + ", " + first.images().size() + " images); evaluate both on one data set");
    }

    private static void checkSeedsDiffer(List<Outcomes> runs) {
        if (runs.stream().mapToLong(Outcomes::seed).distinct().count() < runs.size()) {
            Outcomes run = runs.get(0);
            throw new IllegalArgumentException(
                    "method \"" + run.method() + "\" has two outcomes of one seed on split \"" + run.split() + "\"");
        }
    }

    private static double shareOfRunsRight(List<Outcomes> runs, int image) {
        int right = 0;
        for (Outcomes run : runs) {
            right += run.correct()[image] ? 1 : 0;
        }
        return (double) right / runs.size();
    }

    /** The accuracy of every (method, split, seed), in the order given. */
    public List<AccuracyRow> rows() {
        return outcomes.stream()
                .map(each -> new AccuracyRow(
                        each.method(), each.split(), each.seed(), each.accuracy(), each.correct().length))
                .toList();
    }

    /** The accuracy of every (method, split), seeds averaged. */
    public List<MeanAccuracy> accuracies() {
        List<MeanAccuracy> accuracies = new ArrayList<>();
        for (Split split : splits) {
            for (int m = 0; m < split.methods.size(); m++) {
                String method = split.methods.get(m);
                int images = split.values.length;
                double error = images == 1 ? Double.NaN : Bootstrap.deviation(split.resampled[m]);
                accuracies.add(new MeanAccuracy(
                        method, split.name, mean(split.values, m), error, seeds(method, split.name), images));
            }
        }
        return accuracies;
    }

    private int seeds(String method, String split) {
        return (int) outcomes.stream()
                .filter(each -> each.method().equals(method) && each.split().equals(split))
                .count();
    }

    /** For every split and every pair of methods on it the later one minus the earlier one. */
    public List<Difference> differences() {
        List<Difference> differences = new ArrayList<>();
        for (Split split : splits) {
            for (int baseline = 0; baseline < split.methods.size(); baseline++) {
                for (int method = baseline + 1; method < split.methods.size(); method++) {
                    differences.add(difference(split, method, baseline));
                }
            }
        }
        return differences;
    }

    private static Difference difference(Split split, int method, int baseline) {
        double difference = mean(split.values, method) - mean(split.values, baseline);
        double[] resampled = new double[split.resampled[method].length];
        for (int r = 0; r < resampled.length; r++) {
            resampled[r] = split.resampled[method][r] - split.resampled[baseline][r];
        }
        Arrays.sort(resampled);
        boolean one = split.values.length == 1;
        return new Difference(
                split.name,
                split.methods.get(method),
                split.methods.get(baseline),
                difference,
                one ? Double.NaN : Bootstrap.deviation(resampled),
                one ? Double.NaN : Bootstrap.quantile(resampled, .025),
                one ? Double.NaN : Bootstrap.quantile(resampled, .975),
                split.values.length);
    }

    private static double mean(double[][] values, int method) {
        double sum = 0;
        for (double[] image : values) {
            sum += image[method];
        }
        return sum / values.length;
    }
}
