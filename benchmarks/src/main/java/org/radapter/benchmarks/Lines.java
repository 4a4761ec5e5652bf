package org.radapter.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Every line of the table, in order. */
final class Lines {
    private static final String LIBTORCH = OperatorBenchmark.LIBTORCH;

    private Lines() {}

    /** All lines. */
    static List<Line> all() {
        List<Line> lines = new ArrayList<>();
        lines.add(line("mpm-nce", MpmNce.class, "B4096", Precision.FP32, 1.1, 576));
        lines.add(line("mpm-nce", MpmNce.class, "B8192", Precision.FP32, 1.5, 3100));
        return List.copyOf(lines);
    }

    /** Lines whose work is among {@code works}; all of them if there is none. */
    static List<Line> of(Set<String> works) {
        List<Line> lines = all().stream()
                .filter(line -> works.isEmpty() || works.contains(line.work()))
                .toList();
        works.forEach(work -> {
            if (lines.stream().noneMatch(line -> line.work().equals(work))) {
                throw new IllegalArgumentException("no work is named " + work + "; there are "
                        + all().stream().map(Line::work).distinct().toList());
            }
        });
        return lines;
    }

    private static Line line(
            String work,
            Class<? extends OperatorBenchmark> benchmark,
            String shape,
            Precision precision,
            double floor,
            double mark) {
        String peer = Trial.instance(benchmark).peer();
        return new Line(
                work,
                new Trial(benchmark, shape, precision, OperatorBenchmark.OURS),
                List.of(new Trial(benchmark, shape, precision, peer)),
                floor,
                mark);
    }
}
