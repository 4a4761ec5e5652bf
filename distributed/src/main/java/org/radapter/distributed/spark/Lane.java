package org.radapter.distributed.spark;

import org.jspecify.annotations.Nullable;
import org.radapter.clip.ClipModel;
import org.radapter.kernels.Kernels;
import org.radapter.train.ImageEmbedder;

/**
 * What one task computes with: a backend of its own over weights that are all tasks'. A backend carries out one call at a
 * time, so that tasks with one between them would wait for each other.
 *
 * @param kernels null where the model's own are used
 */
record Lane(@Nullable Kernels kernels, ClipModel model, ImageEmbedder embedder) implements AutoCloseable {
    static Lane of(ClipModel model, @Nullable Kernels kernels, int threads) {
        return new Lane(kernels, model, new ImageEmbedder(model, threads > 1));
    }

    @Override
    public void close() {
        if (kernels != null) {
            model.close();
            kernels.close();
        }
    }
}
