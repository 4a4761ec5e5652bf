package org.radapter.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.radapter.clip.ClipConfig;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** What a batch is made of. */
class PairBatchesTest {
    private static final ClipConfig CONFIG = TinyClip.CONFIG;
    private static final int NUMBERS =
            3 * CONFIG.image().imageSize() * CONFIG.image().imageSize();
    private static final TinyDrawings DRAWINGS = new TinyDrawings();

    /** Writes where the image was to be used, and nothing of the image. */
    private static final ImagePreparation PAIRS = (image, step, sample, target, offset) ->
            Arrays.fill(target, offset, offset + NUMBERS, 1000 * step + sample + 1);

    private static PairBatches batches(int size, ImagePreparation preparation, Peers peers) {
        return new PairBatches(
                DRAWINGS,
                preparation,
                (index, step, sample) -> DRAWINGS.className(DRAWINGS.label(index)),
                TinyDrawings.tokenizer(),
                CONFIG,
                size,
                7,
                peers);
    }

    private static PairBatches batches(int size) {
        return batches(size, PAIRS, Peers.alone());
    }

    private static float[] pixels(Batch batch, int from, int pairs) {
        Tensor pixels = Tensor.onHost(DType.F32, pairs, NUMBERS);
        batch.copyImages(from, pixels);
        return pixels.toFloats();
    }

    @Test
    void everyPairIsPreparedInItsPlace() {
        Batch batch = batches(13).batch(4);
        assertThat(batch.size()).isEqualTo(13);
        for (int i = 0; i < 13; i++) {
            assertThat(pixels(batch, i, 1)).containsOnly(4000 + i + 1);
            int[] words = TinyDrawings.tokenizer().encode(DRAWINGS.className(batch.labels()[i]));
            assertThat(batch.ids(i, 1, words.length)).isEqualTo(words);
        }
    }

    @Test
    void anEpochSeesEveryImageOnceThoughNoBatchEndsWithIt() {
        List<Integer> seen = Collections.synchronizedList(new ArrayList<>());
        PairBatches batches = batches(
                7,
                (image, step, sample, target, offset) -> {
                    if (step * 7 + sample < 30) {
                        seen.add(Arrays.hashCode(image.rgba()));
                    }
                },
                Peers.alone());
        for (long step = 0; step < 5; step++) {
            batches.batch(step);
        }
        assertThat(seen).hasSize(30).doesNotHaveDuplicates();
    }

    @Test
    void ranksHoldTheirOwnPairsAndEveryLabel() {
        Batch whole = batches(13).batch(2);
        int held = 0;
        ThreadPeers ranks = new ThreadPeers(4);
        for (int rank = 0; rank < 4; rank++) {
            Batch part = batches(13, PAIRS, ranks.rank(rank)).batch(2);
            assertThat(part.labels()).isEqualTo(whole.labels());
            assertThat(part.first()).isEqualTo(held);
            int own = part.held(NUMBERS);
            assertThat(pixels(part, held, own)).isEqualTo(pixels(whole, held, own));
            held += own;
        }
        assertThat(held).isEqualTo(13);
    }

    @Test
    void theFirstFailureIsThrownAsItIs() {
        Set<Integer> tried = ConcurrentHashMap.newKeySet();
        PairBatches batches = batches(
                24,
                (image, step, sample, target, offset) -> {
                    tried.add(sample);
                    if (sample % 10 == 3) {
                        throw new IllegalStateException("pair " + sample + " cannot be read");
                    }
                },
                Peers.alone());
        assertThatThrownBy(() -> batches.batch(0))
                .isExactlyInstanceOf(IllegalStateException.class)
                .hasMessage("pair 3 cannot be read");
        assertThat(tried).hasSize(24);
    }
}
