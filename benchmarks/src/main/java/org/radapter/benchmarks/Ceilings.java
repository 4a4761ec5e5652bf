package org.radapter.benchmarks;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What this machine can do at most, measured in the same run.
 *
 * @param flops the faster of our and oneDNN's large product, by precision, in operations a millisecond
 * @param bytes a large copy, read and written, in bytes a millisecond
 */
record Ceilings(Map<Precision, Double> flops, double bytes) {
    private static final Trial COPY = new Trial(Copy.class, "512MB", Precision.FP32, Copy.LIBC);

    private static Trial product(Precision precision, String backend) {
        return new Trial(Product.class, Product.CEILING, precision, backend);
    }

    /** What must be timed to know the ceilings of these lines. */
    static List<Trial> trials(List<Line> lines) {
        List<Trial> trials = new ArrayList<>(List.of(COPY));
        lines.stream().map(line -> line.ours().precision()).distinct().forEach(precision -> {
            trials.add(product(precision, OperatorBenchmark.OURS));
            if (precision.isMultiplied()) {
                trials.add(product(precision, OperatorBenchmark.ONEDNN));
            }
        });
        return trials;
    }

    /** The ceilings that a run has measured; what it has not is infinite. */
    static Ceilings of(Timings timings) {
        Map<Precision, Double> flops = new EnumMap<>(Precision.class);
        for (Precision precision : Precision.values()) {
            double best = Double.POSITIVE_INFINITY;
            for (String backend : List.of(OperatorBenchmark.OURS, OperatorBenchmark.ONEDNN)) {
                best = Math.min(best, timings.median(product(precision, backend), Report.DEFAULT_SETTINGS));
            }
            Cost cost = new Product().cost(Product.CEILING, precision);
            flops.put(precision, Double.isFinite(best) ? cost.flops() / best : Double.POSITIVE_INFINITY);
        }
        double copy = timings.median(COPY, Report.DEFAULT_SETTINGS);
        Cost cost = new Copy().cost(COPY.shape(), COPY.precision());
        return new Ceilings(flops, Double.isFinite(copy) ? cost.bytes() / copy : Double.POSITIVE_INFINITY);
    }

    /** Whether products bound this work rather than memory. */
    boolean boundByProducts(Cost cost, Precision precision) {
        return cost.flops() / flops.get(precision) >= cost.bytes() / bytes;
    }

    /** The least time at the ceiling, in ms; 0 if it was not measured. */
    double least(Cost cost, Precision precision) {
        return Math.max(cost.flops() / flops.get(precision), cost.bytes() / bytes);
    }
}
