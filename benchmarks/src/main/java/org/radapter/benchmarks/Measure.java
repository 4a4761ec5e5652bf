package org.radapter.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Times all trials of some lines, each in a JVM of its own, with this process's environment. */
final class Measure {
    private final Arguments arguments;
    private final Path file;

    Measure(Arguments arguments) {
        this.arguments = arguments;
        this.file = arguments.results().resolve("raw.csv");
    }

    /** What these lines need: ours and the ceilings with default settings alone, the peers with all. */
    Set<Trial> trials(List<Line> lines) {
        boolean plain = arguments.settings().equals(Report.DEFAULT_SETTINGS);
        Set<Trial> trials = new LinkedHashSet<>();
        if (plain && arguments.round() == 1) {
            trials.addAll(Ceilings.trials(lines));
        }
        for (Line line : lines) {
            if (plain) {
                trials.add(line.ours());
            }
            // memory is compared as malloc comes, and oneDNN's products allocate nothing
            boolean mallocMatters =
                    line.ours().benchmark() != MpmNceMemory.class && line.peer().equals(OperatorBenchmark.LIBTORCH);
            if (plain || mallocMatters) {
                trials.addAll(line.peers());
            }
        }
        return trials;
    }

    /**
     * Times these one after the other.
     *
     * @return how many failed
     */
    int run(Set<Trial> trials) throws IOException {
        int failed = 0;
        for (Trial trial : trials) {
            System.out.printf("%s, %s, round %d: ", trial, arguments.settings(), arguments.round());
            try {
                Timing timing = trial.benchmark() == MpmNceMemory.class
                        ? MpmNceMemory.measure(trial, arguments.settings(), arguments.round())
                        : time(trial);
                timing.append(file);
                System.out.printf("%.3f ms%n", Statistics.median(timing.milliseconds()));
            } catch (RunnerException | IOException e) {
                failed++;
                System.out.println("FAILED");
                e.printStackTrace();
            }
        }
        return failed;
    }

    private Timing time(Trial trial) throws RunnerException {
        OperatorBenchmark benchmark = trial.instance();
        boolean quick = arguments.quick();
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + trial.benchmark().getName() + "\\.run$")
                .param("shape", trial.shape())
                .param("dtype", trial.precision().label())
                .param("backend", trial.backend())
                .forks(1)
                .warmupIterations(1)
                .warmupTime(TimeValue.milliseconds(quick ? 100 : 300))
                .measurementIterations(benchmark.iterations(trial.shape(), quick))
                .measurementTime(TimeValue.milliseconds(quick ? 100 : 300))
                .verbosity(VerboseMode.SILENT)
                .shouldFailOnError(true)
                .jvmArgs(Forks.options("3g", NativeOperation.THREADS, trial.backend())
                        .toArray(String[]::new));
        if (trial.backend().equals(OperatorBenchmark.OURS)) {
            options.addProfiler(GCProfiler.class);
        }
        RunResult result = new Runner(options.build()).runSingle();
        double[] milliseconds = result.getBenchmarkResults().stream()
                .map(BenchmarkResult::getIterationResults)
                .flatMap(iterations -> iterations.stream())
                .mapToDouble(iteration -> iteration.getPrimaryResult().getScore())
                .toArray();
        Result<?> allocated = result.getSecondaryResults().get("gc.alloc.rate.norm");
        return new Timing(
                trial.toString(),
                arguments.settings(),
                arguments.round(),
                allocated == null ? Double.NaN : allocated.getScore(),
                Double.NaN,
                milliseconds);
    }
}
