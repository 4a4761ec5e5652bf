package org.radapter.train;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.Dropping;
import org.radapter.clip.ClipModel;
import org.radapter.clip.TextTower;
import org.radapter.kernels.Kernels;
import org.radapter.nn.Pass;
import org.radapter.nn.Pooling;
import org.radapter.optim.Gradients;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * The texts of a shard, each encoded once however often it stands there. Exact: a row of a product does not depend on
 * the rows beside it, and equal texts share their gates unless each sample has gates of its own.
 */
final class DistinctTexts {
    private final @Nullable Tensor which;
    private final TextTower.Kept tower;
    private final Tensor features;

    private DistinctTexts(@Nullable Tensor which, TextTower.Kept tower, Tensor features) {
        this.which = which;
        this.tower = tower;
        this.features = features;
    }

    /** Whether equal texts have equal features under this dropping. */
    private static boolean mayShare(Dropping dropping) {
        return dropping.mode() != Dropping.Mode.SAMPLE || dropping.probability() == 0;
    }

    /**
     * All texts of a pass in full length, equal ones too: the same operators whatever the texts are.
     *
     * @param ids I32 [batch, contextLength]
     * @param pooling their ends of text
     */
    static DistinctTexts encodeAll(ClipModel model, Pass pass, Tensor ids, Pooling pooling) {
        TextTower.Kept tower = model.textTower().forward(pass, ids, pooling);
        return new DistinctTexts(null, tower, tower.features());
    }

    /**
     * Encodes the texts of a pass.
     *
     * @param ids [batch·contextLength] token ids
     */
    static DistinctTexts encode(ClipModel model, Pass pass, int[] ids, Dropping dropping) {
        int context = model.config().text().contextLength();
        int batch = Math.toIntExact(pass.batch());
        int[] which = new int[batch];
        Map<Text, Integer> places = new HashMap<>();
        for (int i = 0; i < batch; i++) {
            Text text = new Text(Arrays.copyOfRange(ids, i * context, (i + 1) * context), mayShare(dropping) ? -1 : i);
            which[i] = places.computeIfAbsent(text, key -> places.size());
        }
        int[] distinct = new int[places.size() * context];
        places.forEach((text, place) -> System.arraycopy(text.ids, 0, distinct, place * context, context));
        TextTower.Kept tower = model.textTower().forward(pass.withBatch(places.size()), distinct);
        Tensor rows = pass.arena().allocate(DType.I32, batch, 1).copyFrom(which);
        Tensor features = tower.features();
        if (places.size() < batch) {
            features = pass.activations(batch, model.config().embedDim());
            pass.kernels().gatherRows(tower.features(), rows.reshape(batch), features);
        }
        return new DistinctTexts(rows, tower, features);
    }

    /** Unit vectors of all texts of the pass, [batch, embedDim]. */
    Tensor features() {
        return features;
    }

    /**
     * Gradients of everything trained in the text tower.
     *
     * @param dFeatures gradient of {@link #features}
     */
    void backward(ClipModel model, Pass pass, Tensor dFeatures, Gradients gradients) {
        long texts = tower.features().rows();
        Tensor dDistinct =
                which == null || texts == features.rows() ? dFeatures : sumOfEqual(pass, which, dFeatures, texts);
        model.textTower().backward(pass.withBatch(texts), tower, dDistinct, gradients);
    }

    private static Tensor sumOfEqual(Pass pass, Tensor which, Tensor dFeatures, long texts) {
        Kernels kernels = pass.kernels();
        Arena arena = pass.arena();
        Tensor sum = arena.allocate(pass.dtype().master(), texts, dFeatures.columns());
        kernels.textTokensBackward(which, dFeatures, sum, null);
        if (sum.dtype() == pass.dtype()) {
            return sum;
        }
        Tensor rounded = pass.activationsLike(sum);
        kernels.convert(sum, rounded);
        return rounded;
    }

    /** Token ids with equality of content; {@code sample} parts texts that may not share. */
    private static final class Text {
        private final int[] ids;
        private final int sample;

        Text(int[] ids, int sample) {
            this.ids = ids;
            this.sample = sample;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Text text && text.sample == sample && Arrays.equals(text.ids, ids);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(ids) + sample;
        }
    }
}
