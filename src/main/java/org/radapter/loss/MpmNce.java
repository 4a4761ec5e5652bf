package org.radapter.loss;

import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.Positives;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.Tensor;

/**
 * Multi-positive margin NCE: {@code z_ij = (f_i·g_j + δ(1−y_ij))/τ} against soft labels, both directions. With ε = δ = 0
 * and each pair its own only positive it is InfoNCE.
 *
 * @param scale 1/τ; ignored if {@code logScale} is given
 * @param logScale learned log(1/τ), [1]; nullable
 * @param margin δ, added to the cosine of negatives
 * @param smoothing ε, in [0, 1)
 * @param multiplePositives whether pairs of one label are positives of one another; else each pair has itself alone
 */
public record MpmNce(
        double scale, @Nullable Parameter logScale, double margin, double smoothing, boolean multiplePositives)
        implements Objective {
    /**
     * Pairs from which ranks share a batch, whatever their number. With fewer, each evaluates the whole in less time than
     * it takes to exchange sums.
     */
    static final int SHARED_FROM = 1024;

    /** With all pairs of one label positives of one another. */
    public MpmNce(double scale, @Nullable Parameter logScale, double margin, double smoothing) {
        this(scale, logScale, margin, smoothing, true);
    }

    /** Checks the settings. */
    public MpmNce {
        if (logScale == null && !(scale > 0 && scale < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("1/tau must be positive and finite, got " + scale);
        }
        if (!(smoothing >= 0 && smoothing < 1)) {
            throw new IllegalArgumentException("label smoothing lies in [0, 1), got " + smoothing);
        }
        if (!Double.isFinite(margin)) {
            throw new IllegalArgumentException("the margin must be finite, got " + margin);
        }
    }

    @Override
    public boolean usesTexts() {
        return true;
    }

    @Override
    public int[] labels(int[] classes) {
        return multiplePositives ? classes : IntStream.range(0, classes.length).toArray();
    }

    boolean learnsScale() {
        return logScale != null && logScale.trained();
    }

    /** Gradients by parameter; none without that of the scale. */
    Map<String, Tensor> ofParameters(@Nullable Tensor dLogScale) {
        return logScale == null || dLogScale == null ? Map.of() : Map.of(logScale.name(), dLogScale);
    }

    @Nullable
    Tensor logScaleValue() {
        return logScale == null ? null : logScale.value();
    }

    private static Tensor required(@Nullable Tensor texts) {
        if (texts == null) {
            throw new IllegalArgumentException("MPM-NCE compares images with texts; there are no texts");
        }
        return texts;
    }

    /** {@inheritDoc} Ranks share batches of at least {@value #SHARED_FROM} pairs. */
    @Override
    public Result evaluate(
            Kernels kernels, Arena arena, Tensor images, @Nullable Tensor texts, Tensor labels, Ranks ranks) {
        if (images.rows() < SHARED_FROM) {
            return evaluate(kernels, arena, images, texts, labels);
        }
        return new SharedMpmNce(this, kernels, arena, ranks)
                .evaluate(images, required(texts), Positives.sameLabels(labels));
    }

    @Override
    public Result evaluate(Kernels kernels, Arena arena, Tensor images, @Nullable Tensor givenTexts, Tensor labels) {
        Tensor texts = required(givenTexts);
        Positives positives = Positives.sameLabels(labels);
        Tensor losses = arena.allocate(images.dtype().master(), 3);
        Tensor dImages = arena.allocate(images.dtype(), images.shape());
        Tensor dTexts = arena.allocate(texts.dtype(), texts.shape());
        Tensor dLogScale = learnsScale() ? arena.allocate(images.dtype().master(), 1) : null;
        kernels.contrastive(
                images,
                texts,
                positives,
                scale,
                logScaleValue(),
                margin,
                smoothing,
                losses,
                dImages,
                dTexts,
                dLogScale);
        return new Result(losses, dImages, dTexts, ofParameters(dLogScale));
    }
}
