package org.radapter.train;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipModel;
import org.radapter.clip.image.RgbaImage;
import org.radapter.data.Pixels;

/**
 * Unit vectors of images of which some may not be readable: decodes a batch, leaves out what is no image, and runs the
 * image tower over the rest. A vector does not depend on what else is in its batch.
 *
 * <p>Thread-safe as the model is.
 */
public final class ImageEmbedder {
    /** Images that are worth one call: more gain nothing on a CPU and take memory. */
    public static final int BATCH = 64;

    private final ClipModel model;
    private final ImagePreparation preparation;
    private final boolean decodesInParallel;

    /** An image that is decoded when its turn comes. */
    @FunctionalInterface
    public interface Source {
        /**
         * Decodes it.
         *
         * @throws IOException saying why this is no image
         */
        RgbaImage read() throws IOException;
    }

    /**
     * What became of an image: one of the two is null.
     *
     * @param embedding unit vector [embedDim]
     * @param error why there is none
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Embedded(
            float @Nullable [] embedding, @Nullable String error) {}

    /**
     * An embedder; the model stays the caller's.
     *
     * @param decodesInParallel whether a batch is decoded by {@link java.util.concurrent.ForkJoinPool#commonPool} rather
     *     than by the thread that calls
     */
    public ImageEmbedder(ClipModel model, boolean decodesInParallel) {
        this.model = model;
        this.preparation = DrawingPreparation.plain(model.config());
        this.decodesInParallel = decodesInParallel;
    }

    /**
     * Embeds a batch in one call, in its order.
     *
     * @param images about {@link #BATCH} at a time, for all are in memory at once
     */
    public List<Embedded> embed(List<? extends Source> images) {
        int side = model.config().image().imageSize();
        int numbers = 3 * side * side;
        float[] pixels = new float[images.size() * numbers];
        @Nullable String[] errors = new @Nullable String[images.size()];
        IntStream order = IntStream.range(0, errors.length);
        (decodesInParallel ? order.parallel() : order)
                .forEach(i -> errors[i] = prepare(images.get(i), pixels, i * numbers));
        int readable = 0;
        for (int i = 0; i < errors.length; i++) {
            if (errors[i] == null) {
                System.arraycopy(pixels, i * numbers, pixels, readable * numbers, numbers);
                readable++;
            }
        }
        float[][] rows = readable == 0 ? new float[0][] : model.embedImages(Arrays.copyOf(pixels, readable * numbers));
        return results(errors, rows);
    }

    private @Nullable String prepare(Source source, float[] pixels, int offset) {
        try {
            RgbaImage image = source.read();
            preparation.prepare(new Pixels(image.width(), image.height(), image.pixels()), 0, 0, pixels, offset);
            return null;
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static List<Embedded> results(@Nullable String[] errors, float[][] rows) {
        List<Embedded> results = new ArrayList<>();
        int row = 0;
        for (String error : errors) {
            results.add(error == null ? new Embedded(rows[row++], null) : new Embedded(null, error));
        }
        return results;
    }
}
