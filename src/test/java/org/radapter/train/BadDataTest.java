package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ClipParameters;
import org.radapter.data.ImageTextDataset;
import org.radapter.data.Pixels;
import org.radapter.kernels.Backends;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.DType;

/** Batches and data sets that cannot be learned from or measured on. */
class BadDataTest {
    /** Images of one label, whatever it is. */
    private record Labelled(int size, int label) implements ImageTextDataset {
        @Override
        public String name() {
            return "labelled";
        }

        @Override
        public Pixels image(int index) {
            return new Pixels(8, 8, new byte[4 * 64]);
        }

        @Override
        public List<String> captions(int index) {
            return List.of("red");
        }

        @Override
        public int label(int index) {
            return label;
        }

        @Override
        public List<String> classNames() {
            return List.of("red", "green");
        }

        @Override
        public String source(int index) {
            return "image " + index;
        }
    }

    private static PairBatches batches(ImageTextDataset dataset, int size) {
        return new PairBatches(
                dataset,
                DrawingPreparation.plain(TinyClip.CONFIG),
                (index, step, sample) -> "red",
                TinyDrawings.tokenizer(),
                TinyClip.CONFIG,
                size,
                1);
    }

    @Test
    void aBatchHasAtLeastOnePairAndItsDataSetAnImage() {
        refused(() -> batches(new Labelled(3, 0), 0), "at least one pair, not 0");
        refused(() -> batches(new Labelled(0, 0), 4), "labelled has no image; add some");
        refused(
                () -> FineTuneSettings.rAdapter(1, 1).toBuilder().batch(0).build(),
                "a batch has at least one pair, not 0");
    }

    @Test
    void aLabelThatNoClassHasIsNamed() {
        try (Kernels kernels = Backends.open(Backends.AUTO);
                ClipParameters weights = ClipParameters.random(kernels, DType.F32, TinyClip.CONFIG, 0, 3);
                ClipModel model = new ClipModel(kernels, weights, DType.F32, null)) {
            ZeroShotHead head =
                    ZeroShotHead.of(model, TinyDrawings.tokenizer(), List.of("red", "green"), List.of("a {}"));
            for (int label : new int[] {-1, 2}) {
                refused(
                        () -> Predictions.of(
                                model, head, new Labelled(3, label), DrawingPreparation.plain(TinyClip.CONFIG)),
                        "image 0 has label " + label + ", but the head has 2 classes, counted from 0; make the head");
            }
            refused(
                    () -> Predictions.of(model, head, new Labelled(0, 0), DrawingPreparation.plain(TinyClip.CONFIG)),
                    "labelled has no image to classify");
            refused(
                    () -> ZeroShotHead.of(model, TinyDrawings.tokenizer(), List.of(), List.of("a {}")),
                    "at least one class name");
            refused(() -> model.embedImages(new float[0]), "pixels of whole images");
            refused(() -> model.embedTexts(new int[0]), "token ids of whole texts");
        }
    }

    private static void refused(ThrowingCallable call, String sentence) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(sentence);
    }
}
