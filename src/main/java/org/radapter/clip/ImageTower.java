package org.radapter.clip;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.AdapterSite;
import org.radapter.kernels.Activation;
import org.radapter.kernels.Kernels;
import org.radapter.nn.LayerNorm;
import org.radapter.nn.Linear;
import org.radapter.nn.Pass;
import org.radapter.nn.Pooling;
import org.radapter.nn.Transformer;
import org.radapter.optim.Gradients;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;

/** CLIP's vision transformer: pixels to unit vectors. */
public final class ImageTower implements AutoCloseable {
    private final ClipConfig.ImageTower geometry;
    private final Linear patchEmbedding;
    private final Parameter classEmbedding;
    private final Parameter position;
    private final LayerNorm before;
    private final Transformer transformer;
    private final LayerNorm after;
    private final Linear projection;

    ImageTower(Kernels kernels, ClipParameters weights, @Nullable AdapterParameters adapters) {
        TowerBuilder builder = new TowerBuilder(kernels, weights, adapters);
        this.geometry = weights.config().image();
        this.patchEmbedding = builder.convolution("visual.conv1.weight");
        this.classEmbedding = weights.get("visual.class_embedding");
        this.position = weights.get("visual.positional_embedding");
        this.before = builder.norm("visual.ln_pre");
        this.transformer = builder.transformer(
                "visual.transformer", AdapterSite.Tower.VISUAL, geometry.width(), geometry.layers(), geometry.heads());
        this.after = builder.norm("visual.ln_post");
        this.projection = builder.projection("visual.proj");
    }

    /** What a backward pass needs; {@code features} [batch, embedDim] are the unit vectors. */
    public record Kept(
            Tensor patches,
            LayerNorm.Kept before,
            Transformer.Kept transformer,
            LayerNorm.Kept after,
            Tensor norm,
            Tensor features) {}

    /**
     * Embeds images.
     *
     * @param images [batch, 3, imageSize, imageSize] of the master type, normalised
     */
    public Kept forward(Pass pass, Tensor images) {
        return forward(pass, images, classTokens(pass.arena(), Math.toIntExact(pass.batch())));
    }

    /** The rows of the class tokens of {@code batch} images. */
    public Pooling classTokens(Arena arena, int batch) {
        return Pooling.at(arena, new int[batch], geometry.tokens());
    }

    /**
     * The same with what it needs besides the images already there: it calls operators, and writes nothing itself.
     *
     * @param pooling made by {@link #classTokens}
     */
    public Kept forward(Pass pass, Tensor images, Pooling pooling) {
        requireImages(pass, images);
        int p = geometry.patchSize();
        long patches = (long) geometry.grid() * geometry.grid();
        Tensor cut = pass.activations(pass.batch() * patches, 3L * p * p);
        pass.kernels().patches(images, p, cut);
        Tensor embedded = pass.activations(cut.rows(), geometry.width());
        patchEmbedding.forward(cut, embedded);
        Tensor tokens = pass.activations(pass.batch() * (patches + 1), geometry.width());
        pass.kernels().imageTokens(embedded, classEmbedding.value(), position.value(), tokens);
        LayerNorm.Kept first = before.forward(pass, tokens);
        Transformer.Kept stack = transformer.forward(pass, first.y(), pooling);
        LayerNorm.Kept last = after.forward(pass, stack.y());
        Tensor features = pass.activations(pass.batch(), projection.outputWidth());
        projection.forward(last.y(), features);
        Tensor norm = pass.statistics(pass.batch());
        pass.kernels().normalize(features, features, norm);
        return new Kept(cut, first, stack, last, norm, features);
    }

    private void requireImages(Pass pass, Tensor images) {
        long size = geometry.imageSize();
        long[] expected = {pass.batch(), 3, size, size};
        if (!Arrays.equals(images.shape(), expected)) {
            throw new IllegalArgumentException("this model takes images of shape " + Arrays.toString(expected)
                    + ", not " + Arrays.toString(images.shape()));
        }
    }

    /**
     * Gradients of everything trained in this tower.
     *
     * @param dFeatures gradient of the unit vectors, [batch, embedDim]
     */
    public void backward(Pass pass, Kept kept, Tensor dFeatures, Gradients gradients) {
        Tensor dProjected = pass.activationsLike(dFeatures);
        pass.kernels().normalizeBackward(dFeatures, kept.features(), kept.norm(), dProjected);
        projection.backwardWeight(kept.after().y(), dProjected, gradients);
        Tensor dLast = pass.activations(pass.batch(), geometry.width());
        projection.backwardInput(dProjected, Activation.NONE, null, dLast);
        Tensor dPooled = after.backward(pass, kept.after(), dLast, null, gradients);
        boolean embeddingsTrained = patchEmbedding.isTrained();
        Tensor dFirst = transformer.backward(pass, kept.transformer(), dPooled, embeddingsTrained, gradients);
        if (dFirst != null) {
            backwardEmbedding(pass, kept, dFirst, gradients);
        }
    }

    private void backwardEmbedding(Pass pass, Kept kept, Tensor dFirst, Gradients gradients) {
        Tensor dTokens = before.backward(pass, kept.before(), dFirst, null, gradients);
        Tensor dEmbedded = pass.activations(kept.patches().rows(), geometry.width());
        pass.kernels()
                .imageTokensBackward(
                        dTokens,
                        kept.patches().rows() / pass.batch(),
                        dEmbedded,
                        gradients.of(classEmbedding),
                        gradients.of(position));
        patchEmbedding.backwardWeight(kept.patches(), dEmbedded, gradients);
    }

    @Override
    public void close() {
        patchEmbedding.close();
        transformer.close();
        projection.close();
    }
}
