package org.radapter.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** How time and memory grow: each point a process of its own, written to {@code scaling.csv} as soon as it is there. */
final class Scaling {
    /** Peers of the loss hold several B×B matrices, which beyond this do not fit the memory of most machines. */
    private static final int LARGEST_PEER_BATCH = 16_384;

    private static final double ENOUGH_MS = 2000;
    private static final int QUICK = 3;

    private final Arguments arguments;
    private final Path file;

    Scaling(Arguments arguments) {
        this.arguments = arguments;
        this.file = arguments.results().resolve("scaling.csv");
    }

    /**
     * One curve for each side.
     *
     * @param work name of the work
     * @param against what grows
     * @param benchmark the work
     * @param values how large it is
     * @param shape the shape of a value
     */
    private record Curve(
            String work,
            String against,
            Class<? extends OperatorBenchmark> benchmark,
            List<Integer> values,
            IntFunction<String> shape) {
        boolean ofThreads() {
            return against.equals("threads");
        }

        boolean isMeasured(String side, int value) {
            return side.equals(OperatorBenchmark.OURS) || !against.equals("batch") || value <= LARGEST_PEER_BATCH;
        }
    }

    /** A measured point: its median and quartiles in ms, and the peak of its first call in bytes. */
    record Point(Trial trial, String work, String against, int value, int threads, OneProcess process) {
        static final String HEADER =
                "work,shape,dtype,backend,against,value,threads,milliseconds,low,high,calls,peak_bytes\n";

        /** The calls that count: all but the first, which touches memory for the first time, where there are more. */
        private double[] counted() {
            double[] all = process.milliseconds();
            return all.length == 1
                    ? all
                    : IntStream.range(1, all.length).mapToDouble(i -> all[i]).toArray();
        }

        double milliseconds() {
            return Statistics.median(counted());
        }

        double megabytes() {
            return process.peak() * 1e-6;
        }

        String line() {
            return String.join(
                            ",",
                            work,
                            trial.shape(),
                            trial.precision().label(),
                            trial.backend(),
                            against,
                            Integer.toString(value),
                            Integer.toString(threads),
                            Report.number(milliseconds()),
                            Report.number(Statistics.quantile(counted(), .25)),
                            Report.number(Statistics.quantile(counted(), .75)),
                            Integer.toString(counted().length),
                            String.format(Locale.ROOT, "%.0f", process.peak()))
                    + "\n";
        }
    }

    private static List<Integer> doubling(int first, int last) {
        return IntStream.iterate(first, value -> value <= last, value -> 2 * value)
                .boxed()
                .toList();
    }

    private List<Curve> curves() {
        List<Integer> threads = doubling(1, Math.max(2, Runtime.getRuntime().availableProcessors()));
        return List.of(
                new Curve("mpm-nce", "batch", MpmNce.class, doubling(512, 65_536), batch -> "B" + batch),
                new Curve(
                        "projection-adapter",
                        "rows",
                        ProjectionAdapter.class,
                        doubling(197, 197 * 64),
                        rows -> "in768x" + rows),
                new Curve(
                        "adapter-low-rank",
                        "rows",
                        LowRankAdapter.class,
                        doubling(197, 197 * 64),
                        rows -> "r4x" + rows),
                new Curve("step", "layers", Step.class, List.of(1, 2, 4, 8, 12), layers -> "batch8x" + layers),
                new Curve("product", "threads", Product.class, threads, count -> "6304x768x768"),
                new Curve("mpm-nce", "threads", MpmNce.class, threads, count -> "B4096"),
                new Curve("attention", "threads", Attention.class, threads, count -> "32x12x197x64"),
                new Curve("demo-step", "threads", DemoStep.class, threads, count -> "batch128"));
    }

    /**
     * Measures and draws every curve.
     *
     * @return how many points failed
     */
    int run() throws IOException {
        Files.writeString(file, Point.HEADER);
        int failed = 0;
        for (Curve curve : curves()) {
            List<Point> points = new ArrayList<>();
            List<Integer> values = curve.values();
            for (int value : arguments.quick() ? values.subList(0, Math.min(QUICK, values.size())) : values) {
                for (String side : List.of(
                        OperatorBenchmark.OURS,
                        Trial.instance(curve.benchmark()).peer())) {
                    if (curve.isMeasured(side, value)) {
                        try {
                            points.add(measure(curve, side, value));
                        } catch (IOException e) {
                            failed++;
                            System.out.println("FAILED");
                            e.printStackTrace();
                        }
                    }
                }
            }
            ScalingPlot.write(arguments.results(), curve.work(), curve.against(), points);
        }
        Files.writeString(arguments.results().resolve("README.md"), describe());
        return failed;
    }

    private Point measure(Curve curve, String side, int value) throws IOException {
        int threads = curve.ofThreads() ? value : NativeOperation.THREADS;
        Trial trial = new Trial(curve.benchmark(), curve.shape().apply(value), Precision.FP32, side);
        System.out.printf("%s, %s %d, %d threads: ", trial, curve.against(), value, threads);
        OneProcess process = OneProcess.measure(trial, threads, ENOUGH_MS);
        Point point = new Point(trial, curve.work(), curve.against(), value, threads, process);
        Files.writeString(file, point.line(), StandardOpenOption.APPEND);
        System.out.printf("%.2f ms, %.0f MB%n", point.milliseconds(), point.megabytes());
        return point;
    }

    private String describe() {
        StringBuilder text = new StringBuilder("# How time and memory grow\n\n");
        text.append(Machine.describe());
        text.append("- Date: ").append(LocalDate.now()).append('\n');
        text.append("- Command: `").append(arguments.command()).append("`\n");
        text.append("""
                - fp32, %d threads unless threads are what grows. Each point is a process of its own: the peak is what its first
                  call adds to the process's, outputs included; the time is the median of the calls after it, if it took less
                  than two seconds. libtorch, on %s, has malloc's default settings.
                - libtorch's loss stops at %d pairs: it holds several matrices of scores.

                All points: [scaling.csv](scaling.csv).
                """.formatted(NativeOperation.THREADS, Forks.blas(), LARGEST_PEER_BATCH));
        for (Curve curve : curves()) {
            text.append('\n');
            for (String kind : ScalingPlot.kinds(curve.against())) {
                text.append("![%s](%s)%n"
                        .formatted(
                                kind + " of " + curve.work() + " against " + curve.against(),
                                ScalingPlot.name(curve.work(), curve.against(), kind)));
            }
        }
        return text.toString();
    }
}
