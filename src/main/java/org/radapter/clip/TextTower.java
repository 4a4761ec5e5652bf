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
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * CLIP's causal text transformer: token ids to unit vectors. Tokens after the last end-of-text token of a batch are cut:
 * no row that counts sees them.
 */
public final class TextTower implements AutoCloseable {
    private final ClipConfig.TextTower geometry;
    private final Parameter table;
    private final Parameter position;
    private final Transformer transformer;
    private final LayerNorm after;
    private final Linear projection;

    TextTower(Kernels kernels, ClipParameters weights, @Nullable AdapterParameters adapters) {
        TowerBuilder builder = new TowerBuilder(kernels, weights, adapters);
        this.geometry = weights.config().text();
        this.table = weights.get("token_embedding.weight");
        this.position = weights.get("positional_embedding");
        this.transformer = builder.transformer(
                "transformer", AdapterSite.Tower.TEXT, geometry.width(), geometry.layers(), geometry.heads());
        this.after = builder.norm("ln_final");
        this.projection = builder.projection("text_projection");
    }

    /** What a backward pass needs; {@code features} [batch, embedDim] are the unit vectors. */
    public record Kept(Tensor ids, Transformer.Kept transformer, LayerNorm.Kept after, Tensor norm, Tensor features) {}

    /**
     * Embeds texts.
     *
     * @param ids [batch·contextLength] token ids, one text after the other
     */
    public Kept forward(Pass pass, int[] ids) {
        int batch = Math.toIntExact(pass.batch());
        int[] ends = ends(ids, batch);
        int length = 1 + Arrays.stream(ends).max().orElse(0);
        return forward(pass, cut(pass, ids, batch, length), Pooling.at(pass.arena(), ends, length));
    }

    /**
     * The same with all of its input already there: it calls operators, and writes nothing itself.
     *
     * @param ids I32 [batch, length], no row that {@code pooling} takes behind {@code length}
     * @param pooling the texts' {@link #ends}
     */
    public Kept forward(Pass pass, Tensor ids, Pooling pooling) {
        Tensor tokens = pass.activations(ids.size(), geometry.width());
        pass.kernels().textTokens(ids, table.value(), position.value(), tokens);
        Transformer.Kept stack = transformer.forward(pass, tokens, pooling);
        LayerNorm.Kept last = after.forward(pass, stack.y());
        Tensor features = pass.activations(pass.batch(), projection.outputWidth());
        projection.forward(last.y(), features);
        Tensor norm = pass.statistics(pass.batch());
        pass.kernels().normalize(features, features, norm);
        return new Kept(ids, stack, last, norm, features);
    }

    /**
     * Place of the end-of-text token in each text.
     *
     * @param ids [batch·contextLength] token ids, one text after the other
     */
    public int[] ends(int[] ids, int batch) {
        int context = geometry.contextLength();
        if (ids.length != batch * context) {
            throw new IllegalArgumentException("this model takes " + context + " token ids a text, " + batch
                    + " texts: " + batch * context + " ids, not " + ids.length);
        }
        int[] ends = new int[batch];
        for (int i = 0; i < batch; i++) {
            ends[i] = geometry.pooling().position(ids, i * context, context);
        }
        return ends;
    }

    private Tensor cut(Pass pass, int[] ids, int batch, int length) {
        int[] cut = new int[batch * length];
        for (int i = 0; i < batch; i++) {
            System.arraycopy(ids, i * geometry.contextLength(), cut, i * length, length);
        }
        return pass.arena().allocate(DType.I32, batch, length).copyFrom(cut);
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
        Tensor dTokens = transformer.backward(pass, kept.transformer(), dPooled, table.trained(), gradients);
        if (dTokens != null) {
            backwardEmbedding(pass, kept, dTokens, gradients);
        }
    }

    private void backwardEmbedding(Pass pass, Kept kept, Tensor dTokens, Gradients gradients) {
        Tensor dTable = gradients.of(table);
        Tensor dPosition = gradients.of(position);
        if (dPosition != null) {
            pass.kernels().fill(dPosition, 0);
            dPosition = dPosition.rows(0, kept.ids().extent(1));
        }
        if (dTable != null || dPosition != null) {
            pass.kernels().textTokensBackward(kept.ids(), dTokens, dTable, dPosition);
        }
    }

    @Override
    public void close() {
        transformer.close();
        projection.close();
    }
}
