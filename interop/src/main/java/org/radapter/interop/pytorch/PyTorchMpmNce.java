package org.radapter.interop.pytorch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.Positives;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;

/**
 * MPM-NCE in an autograd graph: {@code z_ij = (f_i·g_j + δ(1−y_ij))/τ} against soft labels, both directions, without a
 * matrix of scores in memory. See {@link Kernels#contrastive}.
 *
 * <p>The kernel gives the loss and its gradients in one call, in the forward pass. The result is differentiable once.
 * Not thread-safe.
 */
public final class PyTorchMpmNce implements AutoCloseable {
    private final Kernels kernels;
    private final Arena arena;
    private final double margin;
    private final double smoothing;

    /**
     * A loss.
     *
     * @param kernels of the CPU; not closed by this
     * @param margin δ, added to the cosine of negatives
     * @param smoothing ε, in [0, 1)
     */
    public PyTorchMpmNce(Kernels kernels, double margin, double smoothing) {
        this.kernels = kernels;
        this.arena = kernels.device().arena("MPM-NCE in PyTorch");
        this.margin = margin;
        this.smoothing = smoothing;
    }

    /**
     * The loss with a fixed temperature.
     *
     * @param images [n, d] unit rows, fp32 or bf16
     * @param texts [n, d] unit rows of the same type
     * @param labels [n], the class of each pair; equal labels are positives
     * @param scale 1/τ
     * @return a scalar, fp32
     * @throws IllegalArgumentException if shapes, types or settings do not fit; the message names them
     */
    public Tensor loss(Tensor images, Tensor texts, int[] labels, double scale) {
        return loss(images, texts, labels, scale, null);
    }

    /**
     * The loss with a learned temperature.
     *
     * @param logScale log(1/τ), one fp32 number
     */
    public Tensor loss(Tensor images, Tensor texts, int[] labels, Tensor logScale) {
        return loss(images, texts, labels, 0, logScale);
    }

    private Tensor loss(Tensor images, Tensor texts, int[] labels, double scale, @Nullable Tensor logScale) {
        arena.release(0);
        Tensor dImages = torch.empty_like(images.detach());
        Tensor dTexts = torch.empty_like(texts.detach());
        Tensor dLogScale = logScale == null ? null : torch.empty_like(logScale.detach());
        org.radapter.tensor.Tensor losses = arena.allocate(DType.F32, 3);
        kernels.contrastive(
                PyTorchTensors.view(images),
                PyTorchTensors.view(texts),
                Positives.labels(arena, labels, labels),
                scale,
                logScale == null ? null : PyTorchTensors.view(logScale).reshape(1),
                margin,
                smoothing,
                losses,
                PyTorchTensors.view(dImages),
                PyTorchTensors.view(dTexts),
                dLogScale == null ? null : PyTorchTensors.view(dLogScale).reshape(1));
        Tensor linear = product(images, dImages).add(product(texts, dTexts));
        if (logScale != null) {
            linear = linear.add(product(logScale, dLogScale));
        }
        return withValue(linear, losses.get(0));
    }

    /** {@code Σ x ∘ gradient}, whose gradient by x is {@code gradient}. */
    private static Tensor product(Tensor x, Tensor gradient) {
        return x.toType(torch.ScalarType.Float)
                .mul(gradient.toType(torch.ScalarType.Float))
                .sum();
    }

    /** A scalar with the gradient of {@code linear} and another value. */
    private static Tensor withValue(Tensor linear, double value) {
        Tensor result = linear.clone();
        PyTorchTensors.view(result).set(0, value);
        return result;
    }

    /** Frees what this holds. */
    @Override
    public void close() {
        arena.close();
    }
}
