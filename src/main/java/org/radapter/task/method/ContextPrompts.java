package org.radapter.task.method;

import java.io.IOException;
import java.util.List;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.image.Augmentation;
import org.radapter.data.ImageTextDataset;
import org.radapter.loss.MpmNce;
import org.radapter.tensor.DType;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.FineTuneSettings;
import org.radapter.train.ModelCopies;
import org.radapter.train.PairBatches;
import org.radapter.train.StepMemory;
import org.radapter.train.Trainer;
import org.radapter.train.TrainingLoop;
import org.radapter.weights.TensorSources;

/**
 * CoOp (Zhou et al., 2022): the vectors of a context before the class name are learned, all else is frozen; the context
 * starts as words and serves all classes. Its loss here is CLIP's own over the batch, equal classes positives of one
 * another, where CoOp's runs over all classes at once.
 *
 * @param context the words it starts as
 * @param learningRate highest of the schedule
 */
record ContextPrompts(String context, double learningRate) implements Recipe {
    @Override
    public String name() {
        return "coop";
    }

    private String prompt(String className) {
        return context + " " + className;
    }

    @Override
    public Learned learn(Bench bench, Lesson lesson, long seed) throws IOException {
        long start = System.nanoTime();
        FineTuneSettings settings = Recipes.withRate(
                FineTuneSettings.full(bench.budget().steps(), seed).toBuilder()
                        .batch(bench.budget().batch())
                        .build(),
                learningRate);
        ClipParameters base = bench.base();
        int tokens = bench.tokenizer().encodeWords(context).length;
        try (ClipParameters weights = ClipParameters.trained(
                        bench.kernels(), base.dtype(), base.config(), TensorSources.of(ModelCopies.values(base)), 0);
                ContextRows rows = new ContextRows(bench.kernels(), weights, tokens)) {
            train(bench, lesson, settings, weights, rows);
            Recogniser model = new TowerRecogniser(
                    bench.kernels(),
                    ModelCopies.frozen(bench.kernels(), base, ModelCopies.values(weights)),
                    bench.tokenizer(),
                    true);
            return new ZeroShot.SingleModel(
                    new Prompted(model, prompt("{}")),
                    bench.budget().steps(),
                    (System.nanoTime() - start) * 1e-9,
                    rows.factors().size(),
                    new StepMemory(base.config(), 0).peakBytes(settings));
        }
    }

    private void train(Bench bench, Lesson lesson, FineTuneSettings settings, ClipParameters weights, ContextRows rows)
            throws IOException {
        ClipConfig config = weights.config();
        ImageTextDataset train = lesson.train();
        PairBatches batches = new PairBatches(
                train,
                DrawingPreparation.augmented(config, Augmentation.LIGHT, 0, settings.seed()),
                (index, step, sample) -> prompt(train.className(train.label(index))),
                bench.tokenizer(),
                config,
                settings.batch(),
                settings.seed());
        try (ClipModel model = new ClipModel(bench.kernels(), weights, DType.F32, null);
                Trainer trainer = new Trainer(
                        bench.kernels(),
                        model,
                        weights.set(),
                        rows,
                        new MpmNce(bench.base().logitScale(), null, 0, 0),
                        settings.training())) {
            new TrainingLoop(trainer, batches, settings.schedule().steps(), null, Integer.MAX_VALUE)
                    .run(bench.listener());
        }
    }

    /** A model that reads every class name in one prompt. */
    private record Prompted(Recogniser model, String prompt) implements Recogniser {
        @Override
        public float[][] images(ImageTextDataset images) {
            return model.images(images);
        }

        @Override
        public float[][] texts(List<String> texts) {
            return model.texts(texts);
        }

        @Override
        public Classifier classes(List<String> classNames, List<String> templates) {
            return model.classes(classNames, List.of(prompt));
        }

        @Override
        public void close() {
            model.close();
        }
    }
}
