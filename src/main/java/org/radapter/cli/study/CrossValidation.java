package org.radapter.cli.study;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.radapter.cli.report.Output;
import org.radapter.cli.report.TrainingProgress;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.kernels.Kernels;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.FineTuned;
import org.radapter.train.FineTuner;
import org.radapter.train.statistics.Outcomes;

/** How settings do on images held out in turn, so that every image is measured by a model that has not seen it. */
public final class CrossValidation {
    private static final String SPLIT = "held out";

    private final Kernels kernels;
    private final ClipParameters base;
    private final Tokenizer tokenizer;
    private final List<StudyTask> folds;

    /**
     * Cross-validation of a model.
     *
     * @param base frozen weights, not changed
     * @param tokenizer of the model
     * @param folds each with what it learns from and, as its one test set, what it is measured with
     */
    public CrossValidation(Kernels kernels, ClipParameters base, Tokenizer tokenizer, List<StudyTask> folds) {
        this.kernels = kernels;
        this.base = base;
        this.tokenizer = tokenizer;
        this.folds = List.copyOf(folds);
    }

    /** The model as it is, on the images of all folds. */
    public Outcomes before() {
        List<Outcomes> parts = new ArrayList<>();
        for (StudyTask fold : folds) {
            parts.addAll(measure(fold, base, Study.ZERO_SHOT, 0));
        }
        return Outcomes.pooled(SPLIT, parts);
    }

    /**
     * Trains once on each fold and measures at each α, on the images of all folds.
     *
     * @param settings whose own α is not looked at
     * @throws IOException never, for there are no checkpoints
     */
    public Map<Double, Outcomes> after(FineTuneSettings settings, List<Double> alphas) throws IOException {
        Map<Double, List<Outcomes>> parts = new LinkedHashMap<>();
        for (int fold = 0; fold < folds.size(); fold++) {
            StudyTask task = folds.get(fold);
            try (FineTuned tuned = train(settings, task, fold)) {
                for (double alpha : alphas) {
                    try (ClipParameters merged = tuned.merged(alpha)) {
                        parts.computeIfAbsent(alpha, a -> new ArrayList<>())
                                .addAll(measure(task, merged, settings.method().label(), settings.seed()));
                    }
                }
            }
        }
        Map<Double, Outcomes> pooled = new LinkedHashMap<>();
        parts.forEach((alpha, each) -> pooled.put(alpha, Outcomes.pooled(SPLIT, each)));
        return pooled;
    }

    private FineTuned train(FineTuneSettings settings, StudyTask task, int fold) throws IOException {
        String title = "seed " + settings.seed() + ", fold " + (fold + 1) + " of " + folds.size();
        long steps = settings.schedule().steps();
        try (TrainingProgress progress =
                new TrainingProgress(title, 0, steps, settings.batch(), Output.standardError())) {
            return new FineTuner(kernels, base, tokenizer)
                    .run(settings, task.data(base.config(), settings.seed()), null, Integer.MAX_VALUE, progress);
        }
    }

    private List<Outcomes> measure(StudyTask fold, ClipParameters weights, String method, long seed) {
        return Measurement.outcomes(new Measurement(kernels, tokenizer, fold).of(weights), method, seed);
    }
}
