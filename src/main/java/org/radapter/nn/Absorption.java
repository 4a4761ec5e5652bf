package org.radapter.nn;

import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.Adapter;
import org.radapter.kernels.Gate;
import org.radapter.kernels.Kernels;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * Adapters absorbed into the frozen projections before them while training: {@code W_rep = W_org (I + c W)},
 * {@code b_rep = b_org (I + c W)}. Each is formed once a step, however many shards use it.
 *
 * <p>It is the adapter's own operator that does it: with the bias as one more row of the weight, an adapter applied to
 * {@code [W_org; b_org]} gives {@code [W_rep; b_rep]}, and its backward pass on {@code [xᵀ dy; Σ dy]} gives dW and ds.
 * Not thread-safe.
 */
public final class Absorption implements AutoCloseable {
    private final Kernels kernels;
    private final Arena arena;
    private final IdentityHashMap<Adapter, Projection> formed = new IdentityHashMap<>();

    /**
     * An adapted projection as one.
     *
     * @param weight W_rep [in, out], formed in the master type and rounded once to that of the activations
     * @param bias b_rep [out] of the master type
     */
    record Projection(Tensor weight, Tensor bias) {}

    /** Nothing formed yet. */
    public Absorption(Kernels kernels) {
        this.kernels = kernels;
        this.arena = kernels.device().arena("absorbed adapters");
    }

    /** Forgets what was formed: the adapters or their gates have changed. */
    public void beginStep() {
        formed.clear();
        arena.release(0);
    }

    /** A projection with its adapter, for activations of {@code dtype}. */
    Projection of(Linear projection, Adapter adapter, @Nullable Gate gate, DType dtype) {
        return formed.computeIfAbsent(adapter, key -> form(projection, adapter, gate, dtype));
    }

    private Projection form(Linear projection, Adapter adapter, @Nullable Gate gate, DType dtype) {
        Tensor frozen = projection.withBias();
        Tensor absorbed = arena.allocate(frozen.dtype(), frozen.shape());
        kernels.adapter(frozen, adapter.down().value(), adapter.scale().value(), gate, null, absorbed);
        long in = projection.inputWidth();
        Tensor weight = absorbed.rows(0, in);
        if (weight.dtype() != dtype) {
            Tensor rounded = arena.allocate(dtype, weight.shape());
            kernels.convert(weight, rounded);
            weight = rounded;
        }
        return new Projection(weight, absorbed.rows(in, in + 1).reshape(projection.outputWidth()));
    }

    @Override
    public void close() {
        arena.close();
    }
}
