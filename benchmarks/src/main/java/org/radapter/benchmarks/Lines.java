package org.radapter.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Every line of the table, in order. */
final class Lines {
    private static final Precision FP32 = Precision.FP32;
    private static final Precision BF16 = Precision.BF16;

    private Lines() {}

    /** All lines. */
    static List<Line> all() {
        List<Line> lines = new ArrayList<>();
        for (String shape : List.of("6304x768x768", "6304x3072x768", "768x768x768", "256x512x512")) {
            lines.add(line("product", Product.class, shape, FP32, .95, 0));
            lines.add(line("product", Product.class, shape, BF16, 1, 0));
            lines.add(product(shape, OperatorBenchmark.OPENBLAS));
            lines.add(product(shape, OperatorBenchmark.ND4J));
        }
        lines.add(product("256x512x512", OperatorBenchmark.JAVA));
        lines.add(line("mpm-nce", MpmNce.class, "B4096", FP32, 1.1, 576));
        lines.add(line("mpm-nce", MpmNce.class, "B8192", FP32, 1.5, 3100));
        lines.add(workspace("B4096", FP32, 1.5, 576));
        lines.add(workspace("B8192", FP32, 2, 3100));
        lines.add(workspace("B4096", BF16, 2.3, 576));
        lines.add(workspace("B8192", BF16, 3.3, 3100));
        lines.add(line("projection-adapter", ProjectionAdapter.class, "in768", FP32, 1.5, 202));
        lines.add(line("projection-adapter", ProjectionAdapter.class, "in3072", FP32, 1.05, 463));
        lines.add(line("projection-adapter", ProjectionAdapter.class, "in768", BF16, 1.4, 106));
        lines.add(line("projection-adapter", ProjectionAdapter.class, "in3072", BF16, 1, 228));
        lines.add(line("adapter-low-rank", LowRankAdapter.class, "r4", FP32, 3, 27));
        lines.add(line("adapter-low-rank", LowRankAdapter.class, "r64", FP32, 1.3, 38));
        lines.add(line("adapter-low-rank", LowRankAdapter.class, "r4", BF16, 1.5, 8.3));
        lines.add(line("adapter-low-rank", LowRankAdapter.class, "r64", BF16, 1.3, 17));
        lines.add(line("adamw-ema", Optimizer.class, "20.4M", FP32, 1.1, 25));
        lines.add(line("merge", Merge.class, "ViT-B/16", FP32, 1.1, 447));
        lines.add(line("attention", Attention.class, "32x12x197x64", FP32, 1.25, 119));
        lines.add(line("attention", Attention.class, "32x12x197x64", BF16, 2, 141));
        lines.add(step("batch8", FP32, 1.6, 6000));
        lines.add(step("batch32", FP32, 1.5, 0));
        lines.add(step("batch8", BF16, 2.8, 6000));
        lines.add(step("batch32", BF16, 2.8, 0));
        lines.add(line("demo-step", DemoStep.class, "batch128", FP32, 1.5, 80));
        lines.add(line("mpm-nce-memory", MpmNceMemory.class, "B16384", FP32, 20, 0));
        return List.copyOf(lines);
    }

    /** Lines that can be measured here whose work is among {@code works}; all of them if there is none. */
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
        return lines.stream().flatMap(line -> measurable(line).stream()).toList();
    }

    /** The line without peers that this processor is nothing for; empty if none is left. */
    private static Optional<Line> measurable(Line line) {
        List<Trial> peers = line.peers().stream()
                .filter(peer -> peer.precision().isMultiplied())
                .toList();
        return peers.isEmpty()
                ? Optional.empty()
                : Optional.of(new Line(line.work(), line.ours(), peers, line.floor(), line.mark()));
    }

    /** Beside the loss with B×B matrices, in whichever precision libtorch is faster. */
    private static Line workspace(String shape, Precision precision, double floor, double mark) {
        Trial ours = new Trial(MpmNceWorkspace.class, shape, precision, OperatorBenchmark.OURS);
        return new Line("mpm-nce-workspace", ours, peers(MpmNce.class, shape, precision), floor, mark);
    }

    /** Beside a peer that nothing is asked against. */
    private static Line product(String shape, String peer) {
        Trial ours = new Trial(Product.class, shape, FP32, OperatorBenchmark.OURS);
        return new Line("product", ours, List.of(new Trial(Product.class, shape, FP32, peer)), 0, 0);
    }

    private static Line step(String shape, Precision precision, double floor, double mark) {
        Trial ours = new Trial(Step.class, shape, precision, OperatorBenchmark.OURS);
        return new Line("step", ours, peers(Step.class, shape, precision), floor, mark);
    }

    /** libtorch in fp32 and, where ours is bf16, in bf16 too. */
    private static List<Trial> peers(Class<? extends OperatorBenchmark> benchmark, String shape, Precision precision) {
        Trial plain = new Trial(benchmark, shape, FP32, OperatorBenchmark.LIBTORCH);
        return precision == FP32
                ? List.of(plain)
                : List.of(plain, new Trial(benchmark, shape, BF16, OperatorBenchmark.LIBTORCH));
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
