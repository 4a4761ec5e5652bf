package org.radapter.train;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.GateSource;
import org.radapter.clip.ClipModel;
import org.radapter.kernels.Activation;
import org.radapter.kernels.Gate;
import org.radapter.kernels.Kernels;
import org.radapter.nn.Pass;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;

/**
 * Keeps a model near itself without adapters: to the objective it adds {@code λ·mean_i(1 − ⟨f_i, f°_i⟩)} for the images
 * and the same for the texts of a batch, where {@code f°} is the unit vector of the same input with every adapter
 * dropped. That model is there already, so no second one is held; a step takes one more forward pass. The losses that
 * are reported are the objective's alone.
 */
final class Distillation implements AutoCloseable {
    private final Kernels kernels;
    private final ClipModel model;
    private final double weight;
    private final Arena arena;
    private final GateSource off;
    private final Map<Integer, Tensor> pulls = new HashMap<>();

    /**
     * A distillation.
     *
     * @param weight λ
     */
    Distillation(Kernels kernels, ClipModel model, double weight) {
        this.kernels = kernels;
        this.model = model;
        this.weight = weight;
        this.arena = kernels.device().arena("distillation");
        Tensor zero = arena.allocate(model.dtype().master(), 1).copyFrom(0.0);
        this.off = (site, of, firstSample, samples, length) -> Gate.module(zero).knownToBe(0);
    }

    /** Makes what a step of so many pairs needs, before it is recorded. */
    void prepare(int batch) {
        pulls.computeIfAbsent(batch, this::pull);
    }

    /** −λ/batch on the diagonal: a product with it scales, and is added to a gradient in one pass. */
    private Tensor pull(int batch) {
        int embedDim = model.config().embedDim();
        double[] diagonal = new double[embedDim * embedDim];
        for (int i = 0; i < embedDim; i++) {
            diagonal[i * embedDim + i] = -weight / batch;
        }
        return arena.allocate(model.dtype(), embedDim, embedDim).copyFrom(diagonal);
    }

    /**
     * Adds the gradients of some pairs.
     *
     * @param batch pairs of the whole step
     * @param from the first of the pairs, which are a shard
     * @param dImages [batch, embedDim], to the unit vectors of the images
     * @param dTexts the same of the texts; null if the objective uses none
     */
    void addTo(
            StepInputs inputs, Arena stepArena, int batch, int from, int to, Tensor dImages, @Nullable Tensor dTexts) {
        long mark = stepArena.mark();
        Pass pass = new Pass(kernels, stepArena, model.dtype(), to - from, from, off, false);
        pull(batch, inputs.encodeImages(pass).features(), dImages.rows(from, to));
        if (dTexts != null) {
            pull(batch, inputs.encodeTexts(pass).features(), dTexts.rows(from, to));
        }
        stepArena.release(mark);
    }

    /** On the sphere the gradient of 1 − ⟨f, f°⟩ is −f°: what lies along f the vectors' normalisation takes out. */
    private void pull(int batch, Tensor unadapted, Tensor gradient) {
        Tensor scaling = Objects.requireNonNull(pulls.get(batch), "prepare is called before a step");
        kernels.gemm(false, false, unadapted, scaling, null, Activation.NONE, null, gradient, gradient);
    }

    @Override
    public void close() {
        arena.close();
    }
}
