package org.radapter.train;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.AdapterSite;
import org.radapter.adapter.FixedGates;
import org.radapter.adapter.GateSource;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipModel;
import org.radapter.clip.ImageTower;
import org.radapter.kernels.Kernels;
import org.radapter.loss.Objective;
import org.radapter.nn.Pass;
import org.radapter.nn.Pooling;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * Inputs at places of their own that stay the same from step to step: {@link #write} puts a batch there, and the step is
 * the same operators on the same tensors whatever the batch, so that it can be recorded. Every text is encoded in full
 * length, and a dropped adapter is computed with factor 0.
 */
final class FixedInputs implements StepInputs, AutoCloseable {
    private final ClipModel model;
    private final Objective objective;
    private final int batch;
    private final Arena arena;
    private final FixedGates gates;
    private final Tensor labels;
    private final Map<Long, Part> parts = new HashMap<>();

    /** The pairs of one shard; texts are null if the objective uses none. */
    private record Part(
            Tensor images,
            Pooling classTokens,
            @Nullable Tensor ids,
            @Nullable Pooling ends) {}

    /**
     * Places with undefined content.
     *
     * @param batch pairs of a step
     * @param share the shards whose pairs are worked on
     */
    FixedInputs(Kernels kernels, ClipModel model, Objective objective, TrainSettings settings, int batch, Share share) {
        this.model = model;
        this.objective = objective;
        this.batch = batch;
        this.arena = kernels.device().arena("step inputs");
        try {
            this.gates = new FixedGates(
                    settings.dropping(),
                    model.dtype().master(),
                    settings.seed(),
                    lengths(model.config()),
                    batch,
                    arena);
            this.labels = arena.allocate(DType.I32, batch);
            for (int i = share.first(); i < share.end(); i++) {
                int from = share.row(batch, i);
                parts.put((long) from, part(share.row(batch, i + 1) - from));
            }
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private static Map<AdapterSite, Integer> lengths(ClipConfig config) {
        Map<AdapterSite, Integer> lengths = new LinkedHashMap<>();
        for (AdapterSite site : ClipModel.adapterSites(config)) {
            boolean visual = site.tower() == AdapterSite.Tower.VISUAL;
            lengths.put(site, visual ? config.image().tokens() : config.text().contextLength());
        }
        return lengths;
    }

    private Part part(int pairs) {
        int size = model.config().image().imageSize();
        int context = model.config().text().contextLength();
        Tensor images = arena.allocate(model.dtype().master(), pairs, 3, size, size);
        Pooling classTokens = model.imageTower().classTokens(arena, pairs);
        return objective.usesTexts()
                ? new Part(
                        images,
                        classTokens,
                        arena.allocate(DType.I32, pairs, context),
                        Pooling.at(arena, new int[pairs], context))
                : new Part(images, classTokens, null, null);
    }

    /** Number of pairs of a step. */
    int batch() {
        return batch;
    }

    /**
     * Puts a batch in place.
     *
     * @param images of the batch
     * @param step number of the step it is for, from 0
     */
    void write(Batch next, StepImages images, long step) {
        gates.draw(step);
        labels.copyFrom(objective.labels(next.labels()));
        int context = model.config().text().contextLength();
        parts.forEach((first, part) -> {
            int pairs = Math.toIntExact(part.images().extent(0));
            images.copy(first, part.images());
            if (part.ids() != null && part.ends() != null) {
                int[] ids = next.ids(first, pairs, context);
                part.ids().copyFrom(ids);
                part.ends().move(model.textTower().ends(ids, pairs));
            }
        });
    }

    @Override
    public GateSource gates() {
        return gates;
    }

    @Override
    public ImageTower.Kept encodeImages(Pass pass) {
        Part part = of(pass);
        return model.imageTower().forward(pass, part.images(), part.classTokens());
    }

    @Override
    public DistinctTexts encodeTexts(Pass pass) {
        Part part = of(pass);
        if (part.ids() == null || part.ends() == null) {
            throw new IllegalStateException("the objective uses no texts");
        }
        return DistinctTexts.encodeAll(model, pass, part.ids(), part.ends());
    }

    private Part of(Pass pass) {
        Part part = parts.get(pass.firstSample());
        if (part == null) {
            throw new IllegalStateException("no shard begins with pair " + pass.firstSample());
        }
        return part;
    }

    @Override
    public Tensor labels() {
        return labels;
    }

    @Override
    public void close() {
        arena.close();
    }
}
