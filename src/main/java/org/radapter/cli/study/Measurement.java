package org.radapter.cli.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.data.ImageTextDataset;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.Predictions;
import org.radapter.train.ZeroShotHead;
import org.radapter.train.statistics.Outcomes;

/**
 * Zero-shot accuracy of a model on the test sets of a task.
 *
 * @param kernels to compute with
 * @param tokenizer of the model
 * @param task whose test sets and templates are used
 */
record Measurement(Kernels kernels, Tokenizer tokenizer, StudyTask task) {
    /** What a model said of one part of a test set. */
    record Measured(TestSet test, ImageTextDataset part, Predictions predictions) {}

    /** What a model says of every part of every test set. */
    List<Measured> of(ClipParameters weights) {
        List<Measured> measured = new ArrayList<>();
        if (task.tests().isEmpty()) {
            return measured;
        }
        try (ClipModel model = new ClipModel(kernels, weights, DType.F32, null)) {
            ZeroShotHead head = ZeroShotHead.of(model, tokenizer, task.train().classNames(), task.templates());
            for (TestSet test : task.tests()) {
                for (ImageTextDataset part : test.parts()) {
                    Predictions predictions =
                            Predictions.of(model, head, part, DrawingPreparation.plain(weights.config()));
                    measured.add(new Measured(test, part, predictions));
                }
            }
        }
        return measured;
    }

    /** Which images were right, one for each test set, its parts pooled. */
    static List<Outcomes> outcomes(List<Measured> measured, String method, long seed) {
        Map<String, List<Outcomes>> parts = new LinkedHashMap<>();
        for (Measured each : measured) {
            ImageTextDataset images = each.part();
            List<String> sources =
                    IntStream.range(0, images.size()).mapToObj(images::source).toList();
            parts.computeIfAbsent(each.test().info().name(), name -> new ArrayList<>())
                    .add(new Outcomes(
                            method,
                            images.name(),
                            seed,
                            sources,
                            each.predictions().correct()));
        }
        return parts.entrySet().stream()
                .map(part -> Outcomes.pooled(part.getKey(), part.getValue()))
                .toList();
    }
}
