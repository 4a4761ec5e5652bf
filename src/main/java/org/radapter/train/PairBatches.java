package org.radapter.train;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.tokenizer.Tokenizer;
import org.radapter.data.ImageTextDataset;
import org.radapter.tensor.CounterRandom;

/**
 * Batches of image–text pairs: each epoch is a permutation of the data set of its own, and epochs follow one another
 * without a gap, so that every image is seen equally often. In a set without classes each image is a class of its own.
 */
public final class PairBatches implements BatchSource {
    private static final long SHUFFLE = CounterRandom.site("batches.shuffle");

    private final ImageTextDataset dataset;
    private final ImagePreparation preparation;
    private final CaptionSource captions;
    private final @Nullable Tokenizer tokenizer;
    private final int imageNumbers;
    private final int contextLength;
    private final int size;
    private final int first;
    private final int end;
    private final CounterRandom random;
    private final Map<String, int[]> tokens = new ConcurrentHashMap<>();
    private long epoch = -1;
    private int[] order = {};

    /**
     * Batches of a data set.
     *
     * @param tokenizer null if the objective uses no texts
     * @param size pairs in a batch; at least 1
     * @throws IllegalArgumentException if the data set is empty or {@code size} is below 1
     */
    public PairBatches(
            ImageTextDataset dataset,
            ImagePreparation preparation,
            CaptionSource captions,
            @Nullable Tokenizer tokenizer,
            ClipConfig config,
            int size,
            long seed) {
        this(dataset, preparation, captions, tokenizer, config, size, seed, Peers.alone());
    }

    /**
     * The same, with images and texts of one rank's pairs alone: {@code size·rank/world} to {@code size·(rank+1)/world}.
     *
     * @throws IllegalArgumentException if the data set is empty or {@code size} is below 1
     */
    public PairBatches(
            ImageTextDataset dataset,
            ImagePreparation preparation,
            CaptionSource captions,
            @Nullable Tokenizer tokenizer,
            ClipConfig config,
            int size,
            long seed,
            Peers peers) {
        if (dataset.size() == 0) {
            throw new IllegalArgumentException(dataset.name() + " has no image; add some to learn from");
        }
        if (size < 1) {
            throw new IllegalArgumentException("a batch has at least one pair, not " + size);
        }
        this.dataset = dataset;
        this.preparation = preparation;
        this.captions = captions;
        this.tokenizer = tokenizer;
        int imageSize = config.image().imageSize();
        this.imageNumbers = 3 * imageSize * imageSize;
        this.contextLength = config.text().contextLength();
        this.size = size;
        this.first = (int) ((long) size * peers.rank() / peers.world());
        this.end = (int) ((long) size * (peers.rank() + 1) / peers.world());
        this.random = new CounterRandom(seed);
    }

    @Override
    public synchronized Batch batch(long step) {
        float[] images = new float[(end - first) * imageNumbers];
        int[] ids = new int[tokenizer == null ? 0 : (end - first) * contextLength];
        int[] indices = new int[size];
        int[] labels = new int[size];
        for (int i = 0; i < size; i++) {
            indices[i] = index(step * size + i);
            labels[i] = dataset.classNames().isEmpty() ? indices[i] : dataset.label(indices[i]);
        }
        inParallel(i -> {
            preparation.prepare(dataset.image(indices[i]), step, i, images, (i - first) * imageNumbers);
            if (tokenizer != null) {
                int[] text = encode(tokenizer, captions.caption(indices[i], step, i));
                System.arraycopy(text, 0, ids, (i - first) * contextLength, contextLength);
            }
        });
        return new Batch(images, ids, labels, first);
    }

    /**
     * For every pair of this rank, by several threads: to decode a batch takes longer than a GPU's step. Of failures the
     * first pair's is thrown, as it is; the pool would wrap one of them.
     */
    private void inParallel(IntConsumer pair) {
        RuntimeException[] failures = new RuntimeException[end - first];
        IntStream.range(first, end).parallel().forEach(i -> {
            try {
                pair.accept(i);
            } catch (RuntimeException e) {
                failures[i - first] = e;
            }
        });
        Stream.of(failures).filter(Objects::nonNull).findFirst().ifPresent(failure -> {
            throw failure;
        });
    }

    private int[] encode(Tokenizer encoder, String caption) {
        return tokens.computeIfAbsent(caption, encoder::encode);
    }

    private int index(long position) {
        long wanted = position / dataset.size();
        if (wanted != epoch) {
            order = random.permutation(wanted, SHUFFLE, dataset.size());
            epoch = wanted;
        }
        return order[(int) (position % dataset.size())];
    }
}
