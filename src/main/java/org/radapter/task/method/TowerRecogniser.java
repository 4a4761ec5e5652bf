package org.radapter.task.method;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterParameters;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.data.ImageTextDataset;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;
import org.radapter.train.DrawingPreparation;
import org.radapter.train.ImagePreparation;
import org.radapter.train.Predictions;
import org.radapter.train.ZeroShotHead;

/** A CLIP as it is: a class is the mean direction of its prompts. */
final class TowerRecogniser implements Recogniser {
    private static final int TEXTS_AT_ONCE = 512;

    private final ClipModel model;
    private final Tokenizer tokenizer;
    private final @Nullable ClipParameters owned;
    private final Map<Words, Classifier> known = new HashMap<>();

    /** What a classifier is made of. */
    private record Words(List<String> classNames, List<String> templates) {}

    /**
     * A recogniser.
     *
     * @param owns whether the weights are closed with it
     */
    TowerRecogniser(Kernels kernels, ClipParameters weights, Tokenizer tokenizer, boolean owns) {
        this(kernels, weights, null, tokenizer, owns);
    }

    /** A recogniser with adapters in place, which it does not own; their last values count, not their averages. */
    TowerRecogniser(
            Kernels kernels,
            ClipParameters weights,
            @Nullable AdapterParameters adapters,
            Tokenizer tokenizer,
            boolean owns) {
        this.model = new ClipModel(kernels, weights, DType.F32, adapters);
        this.tokenizer = tokenizer;
        this.owned = owns ? weights : null;
    }

    @Override
    public float[][] images(ImageTextDataset images) {
        return images(images, DrawingPreparation.plain(model.config()));
    }

    float[][] images(ImageTextDataset images, ImagePreparation preparation) {
        return Predictions.embed(model, images, preparation);
    }

    @Override
    public float[][] texts(List<String> texts) {
        int context = tokenizer.contextLength();
        float[][] rows = new float[texts.size()][];
        for (int from = 0; from < rows.length; from += TEXTS_AT_ONCE) {
            int to = Math.min(rows.length, from + TEXTS_AT_ONCE);
            int[] ids = new int[(to - from) * context];
            for (int i = from; i < to; i++) {
                System.arraycopy(tokenizer.encode(texts.get(i)), 0, ids, (i - from) * context, context);
            }
            System.arraycopy(model.embedTexts(ids), 0, rows, from, to - from);
        }
        return rows;
    }

    @Override
    public Classifier classes(List<String> classNames, List<String> templates) {
        return known.computeIfAbsent(
                new Words(classNames, templates),
                words -> classifier(ZeroShotHead.of(model, tokenizer, classNames, templates)));
    }

    private Classifier classifier(ZeroShotHead head) {
        double scale = model.weights().logitScale();
        return image -> {
            double[] logits = head.scores(image);
            for (int c = 0; c < logits.length; c++) {
                logits[c] *= scale;
            }
            return logits;
        };
    }

    @Override
    public void close() {
        model.close();
        if (owned != null) {
            owned.close();
        }
    }
}
