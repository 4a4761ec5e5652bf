package org.radapter.nn;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Activation;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.PackedMatrix;
import org.radapter.optim.Gradients;
import org.radapter.optim.Parameter;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * {@code y = x W + b}. A frozen weight is packed at its first use in each direction, once for ever, rounded to the type of
 * the activations it meets.
 *
 * <p>Thread-safe when frozen.
 */
public final class Linear implements AutoCloseable {
    private final Kernels kernels;
    private final Parameter weight;
    private final boolean transposed;
    private final @Nullable Parameter bias;
    private final Map<Packing, PackedMatrix> packed = new HashMap<>();
    private @Nullable Arena arena;
    private @Nullable Tensor withBias;

    /** Direction and type of activations a packed weight is for. */
    private record Packing(boolean backward, DType activations) {}

    /**
     * A layer over given parameters.
     *
     * @param weight [in, out], or PyTorch's [out, in] if {@code transposed}; more extents are seen as a matrix of
     *     shape [first, rest]
     * @param bias [out], nullable
     */
    public Linear(Kernels kernels, Parameter weight, boolean transposed, @Nullable Parameter bias) {
        this.kernels = kernels;
        this.weight = weight;
        this.transposed = transposed;
        this.bias = bias;
    }

    private Tensor matrix(Tensor tensor) {
        long first = tensor.extent(0);
        return tensor.rank() == 2 ? tensor : tensor.reshape(first, tensor.size() / first);
    }

    /** Width of the result. */
    public long outputWidth() {
        return matrix(weight.value()).extent(transposed ? 0 : 1);
    }

    /** Width of the input. */
    public long inputWidth() {
        return matrix(weight.value()).extent(transposed ? 1 : 0);
    }

    /** Whether an optimiser changes the weight. */
    public boolean isTrained() {
        return weight.trained();
    }

    /**
     * {@code y = act(x W + b) + residual}.
     *
     * @param x [N, in]
     * @param aux [N, out], receives x W + b; nullable
     * @param residual [N, out], nullable
     * @param y [N, out]
     */
    public void forward(Tensor x, Activation activation, @Nullable Tensor aux, @Nullable Tensor residual, Tensor y) {
        Tensor b = bias == null ? null : bias.value();
        if (weight.trained()) {
            kernels.gemm(false, transposed, x, matrix(weight.value()), b, activation, aux, residual, y);
        } else {
            kernels.gemmPacked(x, packed(false, x.dtype()), b, activation, aux, residual, y);
        }
    }

    /** {@code y = x W + b}. */
    public void forward(Tensor x, Tensor y) {
        forward(x, Activation.NONE, null, null, y);
    }

    /**
     * {@code dx = dy Wᵀ}, times the derivative of the activation that made x.
     *
     * @param dy [N, out]
     * @param activation a gradient activation, or NONE
     * @param aux what the activation was applied to, [N, in]; null with NONE
     * @param dx [N, in]
     */
    public void backwardInput(Tensor dy, Activation activation, @Nullable Tensor aux, Tensor dx) {
        if (weight.trained()) {
            kernels.gemm(false, !transposed, dy, matrix(weight.value()), null, activation, aux, null, dx);
        } else {
            kernels.gemmPacked(dy, packed(true, dy.dtype()), null, activation, aux, null, dx);
        }
    }

    /** {@code dW = xᵀ dy} and {@code db = Σ dy}, where they are trained. */
    public void backwardWeight(Tensor x, Tensor dy, Gradients gradients) {
        Tensor dWeight = gradients.of(weight);
        if (dWeight != null) {
            if (transposed) {
                kernels.gemm(true, false, dy, x, matrix(dWeight));
            } else {
                kernels.gemm(true, false, x, dy, matrix(dWeight));
            }
        }
        Tensor dBias = bias == null ? null : gradients.of(bias);
        if (dBias != null) {
            kernels.columnSum(dy, dBias);
        }
    }

    /**
     * The frozen weight as [in, out] with the bias (zero if there is none) as one more row: [in+1, out]. Made at its first
     * use.
     */
    synchronized Tensor withBias() {
        if (withBias == null) {
            if (arena == null) {
                arena = kernels.device().arena("frozen weights with bias");
            }
            withBias = makeWithBias(arena);
        }
        return withBias;
    }

    private Tensor makeWithBias(Arena memory) {
        memory.release(0);
        Tensor made = memory.allocate(weight.value().dtype(), inputWidth() + 1, outputWidth());
        Tensor stored = matrix(weight.value());
        double[] values = stored.toDoubles();
        made.rows(0, inputWidth()).copyFrom(transposed ? transpose(values, stored.rows(), stored.columns()) : values);
        Tensor last = made.rows(inputWidth(), inputWidth() + 1);
        if (bias == null) {
            kernels.fill(last, 0);
        } else {
            kernels.convert(bias.value().reshape(1, outputWidth()), last);
        }
        return made;
    }

    private static double[] transpose(double[] values, long rows, long columns) {
        double[] transposed = new double[values.length];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                transposed[(int) (j * rows + i)] = values[(int) (i * columns + j)];
            }
        }
        return transposed;
    }

    private synchronized PackedMatrix packed(boolean backward, DType activations) {
        return packed.computeIfAbsent(new Packing(backward, activations), this::pack);
    }

    private PackedMatrix pack(Packing packing) {
        boolean swapped = transposed != packing.backward();
        Tensor stored = matrix(weight.value());
        if (packing.activations() != DType.BF16) {
            return kernels.pack(swapped, stored);
        }
        try (Arena scratch = kernels.device().arena("rounded weight")) {
            Tensor rounded = scratch.allocate(packing.activations(), stored.shape());
            kernels.convert(stored, rounded);
            return kernels.pack(swapped, rounded);
        }
    }

    @Override
    public synchronized void close() {
        packed.values().forEach(PackedMatrix::close);
        packed.clear();
        if (arena != null) {
            arena.close();
            arena = null;
            withBias = null;
        }
    }
}
