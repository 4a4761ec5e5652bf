package org.radapter.cli.study;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.radapter.cli.report.CurvePoint;
import org.radapter.cli.report.MethodInfo;
import org.radapter.cli.report.MetricsFile;
import org.radapter.cli.report.MetricsListener;
import org.radapter.cli.report.Output;
import org.radapter.cli.report.RunDescription;
import org.radapter.cli.report.RunResults;
import org.radapter.cli.report.TensorBoardListener;
import org.radapter.cli.report.TrainingProgress;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.kernels.Kernels;
import org.radapter.train.Checkpoint;
import org.radapter.train.ClusterRun;
import org.radapter.train.ClusterTuner;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.FineTuner;
import org.radapter.train.Method;
import org.radapter.train.Peers;
import org.radapter.train.RankJob;
import org.radapter.train.Summation;
import org.radapter.train.TrainingListener;
import org.radapter.train.statistics.MeanAccuracy;
import org.radapter.train.statistics.Outcomes;
import org.radapter.train.statistics.PairedComparison;

/** Fine-tunes one model on a task by several methods and seeds, and measures each on the task's test sets. */
public final class Study implements AutoCloseable {
    /** Name of the model before fine-tuning among the methods. */
    public static final String ZERO_SHOT = "zero-shot";

    private static final List<Double> CURVE = List.of(.25, .5, .75, 1.0);
    private static final int CHECKPOINT_EVERY = 50;
    private static final int CURVE_SAMPLES = 1000;

    private final Kernels kernels;
    private final ClipParameters base;
    private final Tokenizer tokenizer;
    private final StudyTask task;
    private final Method focus;
    private final RunFolder folder;
    private final MetricsFile metrics;
    private final Measurement measurement;
    private final List<Outcomes> outcomes = new ArrayList<>();
    private final Map<Double, List<Outcomes>> curve = new TreeMap<>();
    private final ExamplePictures examples = new ExamplePictures();

    /**
     * A study of a model.
     *
     * @param base frozen weights, not changed
     * @param tokenizer of the model
     * @param focus the method that is measured along α and that examples are shown of
     * @param folder that metrics and checkpoints go to
     * @throws IOException if the folder cannot be written, or holds metrics of another kind
     */
    public Study(
            Kernels kernels, ClipParameters base, Tokenizer tokenizer, StudyTask task, Method focus, RunFolder folder)
            throws IOException {
        this.kernels = kernels;
        this.base = base;
        this.tokenizer = tokenizer;
        this.task = task;
        this.focus = focus;
        this.folder = folder;
        this.metrics = MetricsFile.open(folder.metrics());
        this.measurement = new Measurement(kernels, tokenizer, task);
    }

    /** Measures the model as it is. */
    public void zeroShot() {
        List<Measurement.Measured> measured = measurement.of(base);
        outcomes.addAll(Measurement.outcomes(measured, ZERO_SHOT, 0));
        examples.before(measured);
    }

    /**
     * Trains by one method, from its newest checkpoint in the folder on, and measures the result.
     *
     * @return the result, which the caller closes
     * @throws IOException if checkpoints or metrics cannot be read or written
     */
    public FineTuned tune(FineTuneSettings settings) throws IOException {
        return tune(settings, Peers.alone());
    }

    /**
     * The same as the first of several ranks; the others {@link #follow}.
     *
     * @return the result, which the caller closes
     * @throws IOException if checkpoints or metrics cannot be read or written
     */
    public FineTuned tune(FineTuneSettings settings, Peers peers) throws IOException {
        return tune(settings, peers, (checkpoint, listener) -> {});
    }

    /**
     * The same by ranks that a cluster starts.
     *
     * @param job what they do, with the same settings and checkpoints in this study's folder
     * @param ranks their number, in what order they add, and how long one waits for another
     * @return the result, which the caller closes
     * @throws IOException if checkpoints or metrics cannot be read or written, or a rank cannot open its part
     */
    public FineTuned tune(FineTuneSettings settings, ClusterTuner cluster, RankJob job, Ranks ranks)
            throws IOException {
        ClusterRun run = new ClusterRun(
                ranks.world(), settings.schedule().steps(), CHECKPOINT_EVERY, ranks.timeout(), ranks.summation());
        return tune(settings, Peers.alone(), (checkpoint, listener) -> cluster.run(job, run, checkpoint, listener));
    }

    /** What ranks a cluster starts. */
    public record Ranks(int world, Duration timeout, Summation summation) {}

    /** What happens before this process takes the steps that are left. */
    private interface Before {
        void take(Checkpoint checkpoint, TrainingListener listener) throws IOException;
    }

    private FineTuned tune(FineTuneSettings settings, Peers peers, Before before) throws IOException {
        FineTuned tuned = train(settings, peers, before);
        try {
            measure(tuned, settings);
            return tuned;
        } catch (IOException | RuntimeException e) {
            tuned.close();
            throw e;
        }
    }

    /**
     * Trains as one of several ranks that is not the first: nothing is measured or written.
     *
     * @throws IOException if images cannot be read
     */
    public static void follow(
            Kernels kernels,
            ClipParameters base,
            Tokenizer tokenizer,
            StudyTask task,
            FineTuneSettings settings,
            Peers peers)
            throws IOException {
        FineTuner.Data data = task.data(base.config(), settings.seed());
        new FineTuner(kernels, base, tokenizer, peers)
                .run(settings, data, null, CHECKPOINT_EVERY, TrainingListener.SILENT)
                .close();
    }

    private FineTuned train(FineTuneSettings settings, Peers peers, Before before) throws IOException {
        String method = settings.method().label();
        long seed = settings.seed();
        Checkpoint checkpoint = folder.checkpoint(settings, kernels);
        long first = checkpoint.nextStep();
        MetricsListener lines = new MetricsListener(metrics, method, seed, settings.batch());
        try (TrainingProgress progress = new TrainingProgress(
                        method + ", seed " + seed,
                        first,
                        settings.schedule().steps(),
                        settings.batch(),
                        Output.standardError());
                TensorBoardListener events = new TensorBoardListener(folder.events(settings))) {
            ExchangeShare share = new ExchangeShare(peers);
            TrainingListener listener = progress.and(lines).and(events).and(share);
            before.take(checkpoint, listener);
            FineTuned tuned = new FineTuner(kernels, base, tokenizer, peers)
                    .run(settings, task.data(base.config(), seed), checkpoint, CHECKPOINT_EVERY, listener);
            share.sentence().ifPresent(listener::notice);
            return tuned;
        }
    }

    private void measure(FineTuned tuned, FineTuneSettings settings) throws IOException {
        boolean inFocus = settings.method() == focus;
        TreeSet<Double> alphas = new TreeSet<>(inFocus ? CURVE : List.of());
        alphas.add(settings.alpha());
        for (double alpha : alphas) {
            try (ClipParameters merged = tuned.merged(alpha)) {
                List<Measurement.Measured> measured = measurement.of(merged);
                List<Outcomes> found =
                        Measurement.outcomes(measured, settings.method().label(), settings.seed());
                if (alpha == settings.alpha()) {
                    outcomes.addAll(found);
                }
                if (inFocus) {
                    curve.computeIfAbsent(alpha, a -> new ArrayList<>()).addAll(found);
                }
                if (inFocus && alpha == settings.alpha()) {
                    examples.after(measured);
                }
            }
        }
    }

    /**
     * All figures so far, the method in focus against the model before.
     *
     * @param alpha the α the method in focus is measured at
     * @param methods in the order of tables, {@link #ZERO_SHOT} first
     * @throws IOException if the metrics cannot be read
     */
    public RunResults results(RunDescription description, double alpha, List<MethodInfo> methods) throws IOException {
        return RunResults.of(
                        description,
                        new RunResults.Focus(focus.label(), ZERO_SHOT, alpha),
                        methods,
                        task.tests().stream().map(TestSet::info).toList(),
                        PairedComparison.of(outcomes))
                .withCurve(curvePoints())
                .withLosses(MetricsFile.curves(folder.metrics()))
                .withExamples(examples.changed())
                .withCredits(task.credits());
    }

    private List<CurvePoint> curvePoints() {
        List<CurvePoint> points = new ArrayList<>();
        curve.forEach((alpha, at) -> {
            for (MeanAccuracy mean : PairedComparison.of(at, CURVE_SAMPLES, 0).accuracies()) {
                points.add(CurvePoint.of(mean, alpha));
            }
        });
        return points;
    }

    @Override
    public void close() throws IOException {
        metrics.close();
    }
}
