package org.radapter.nn;

import org.jspecify.annotations.Nullable;
import org.radapter.adapter.GateSource;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * One way through a network and back: where to compute, where results go, which sequences they are.
 *
 * @param kernels backend
 * @param arena memory of every intermediate result
 * @param dtype type of activations
 * @param batch sequences in this pass
 * @param firstSample number of the first of them within the whole batch
 * @param gates decides which adapters are dropped
 * @param keeping whether what a backward pass needs is kept; if not, memory is used again from layer to layer
 * @param absorption adapters absorbed into their projections where that pays; null to keep them apart
 */
public record Pass(
        Kernels kernels,
        Arena arena,
        DType dtype,
        long batch,
        long firstSample,
        GateSource gates,
        boolean keeping,
        @Nullable Absorption absorption) {
    /** A pass whose adapters are kept apart. */
    public Pass(
            Kernels kernels,
            Arena arena,
            DType dtype,
            long batch,
            long firstSample,
            GateSource gates,
            boolean keeping) {
        this(kernels, arena, dtype, batch, firstSample, gates, keeping, null);
    }

    /** A pass for inference. */
    public static Pass inference(Kernels kernels, Arena arena, DType dtype, long batch) {
        return new Pass(kernels, arena, dtype, batch, 0, GateSource.OPEN, false);
    }

    /** The same with another number of sequences. */
    public Pass withBatch(long sequences) {
        return new Pass(kernels, arena, dtype, sequences, firstSample, gates, keeping, absorption);
    }

    /** An undefined tensor of activations. */
    public Tensor activations(long... shape) {
        return arena.allocate(dtype, shape);
    }

    /** An undefined tensor shaped as {@code like}. */
    public Tensor activationsLike(Tensor like) {
        return arena.allocate(dtype, like.shape());
    }

    /** An undefined tensor of the master type. */
    public Tensor statistics(long... shape) {
        return arena.allocate(dtype.master(), shape);
    }
}
