package org.radapter.nn;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.radapter.adapter.Adapter;
import org.radapter.adapter.Bottleneck;
import org.radapter.kernels.Activation;
import org.radapter.kernels.Gate;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Gradients;
import org.radapter.tensor.Tensor;

/**
 * A projection that ends a branch, with R-Adapter behind it, before the residual sum:
 * {@code y = residual + h(x W + b)}. Without an adapter {@code h} is the identity; with a {@link Bottleneck} in its
 * place {@code h(p) = p + b(p)}.
 *
 * <p>In training the adapter takes one of four forms, all exact; which one depends on shapes and gates alone. Beyond the
 * frozen projection [in, d] a pass of N rows costs, in products of d² numbers with one row: apart 3N; absorbed N + 2·in;
 * half absorbed 2N + in; closed 0.
 *
 * @param linear the projection
 * @param adapter nullable
 * @param bottleneck null where there is an adapter
 */
public record AdaptedLinear(
        Linear linear, @Nullable Adapter adapter, @Nullable Bottleneck bottleneck) implements AutoCloseable {
    /** Without a bottleneck. */
    public AdaptedLinear(Linear linear, @Nullable Adapter adapter) {
        this(linear, adapter, null);
    }

    /** How the adapter takes part in a pass. */
    enum Form {
        /** As the paper has it: a product behind the projection, and two on the way back. */
        APART,
        /** Within the projection's weight both ways; dW from the product of x and dy. */
        ABSORBED,
        /** Behind the projection on the way forward, within its weight on the way back. */
        HALF_ABSORBED,
        /** Dropped for every row: the frozen projection alone, and gradients of zero. */
        CLOSED
    }

    /** Input, what the adapter keeps, and result of a forward pass. */
    public record Kept(
            Tensor x,
            Form form,
            @Nullable Gate gate,
            Adapter.@Nullable Kept adapter,
            Bottleneck.@Nullable Kept bottleneck,
            Tensor y) {
        private static Kept of(Tensor x, Form form, @Nullable Gate gate, Adapter.@Nullable Kept adapter, Tensor y) {
            return new Kept(x, form, gate, adapter, null, y);
        }
    }

    /**
     * Runs the projection and its adapter.
     *
     * @param x [N, in]
     * @param residual [N, d]
     * @param pooling which rows of the pass's sequences x holds; null for all
     */
    public Kept forward(Pass pass, Tensor x, Tensor residual, @Nullable Pooling pooling) {
        Tensor y = pass.activations(x.rows(), linear.outputWidth());
        if (bottleneck != null) {
            return forwardBottleneck(pass, bottleneck, x, residual, y);
        }
        Gate gate = adapter == null ? null : gate(pass, adapter, x, pooling);
        Form form = form(pass, gate, x.rows());
        if (adapter == null || form == Form.CLOSED) {
            linear.forward(x, Activation.NONE, null, residual, y);
            return Kept.of(x, form, gate, null, y);
        }
        if (form == Form.ABSORBED) {
            Absorption.Projection one = absorbed(pass, adapter, gate);
            pass.kernels().gemm(false, false, x, one.weight(), one.bias(), Activation.NONE, null, residual, y);
            return Kept.of(x, form, gate, null, y);
        }
        Tensor projected = pass.activations(x.rows(), linear.outputWidth());
        linear.forward(x, projected);
        return Kept.of(x, form, gate, adapter.forward(pass.kernels(), pass.arena(), projected, gate, residual, y), y);
    }

    private Kept forwardBottleneck(Pass pass, Bottleneck present, Tensor x, Tensor residual, Tensor y) {
        Tensor projected = pass.activationsLike(y);
        linear.forward(x, projected);
        pass.kernels().add(projected, residual, y);
        Bottleneck.Kept kept = present.forward(pass.kernels(), pass.arena(), projected, y, y);
        return new Kept(x, Form.APART, null, null, kept, y);
    }

    private static @Nullable Gate gate(Pass pass, Adapter adapter, Tensor x, @Nullable Pooling pooling) {
        long length = pooling == null ? x.rows() / pass.batch() : pooling.length();
        Gate gate = pass.gates().gate(adapter.site(), pass.arena(), pass.firstSample(), pass.batch(), length);
        return pooling == null ? gate : pooling.of(pass, gate);
    }

    private Form form(Pass pass, @Nullable Gate gate, long rows) {
        boolean forAllRows = gate == null || gate.values().size() == 1;
        if (adapter == null || linear.isTrained() || !forAllRows) {
            return Form.APART;
        }
        if (gate != null && gate.isClosed()) {
            return Form.CLOSED;
        }
        if (pass.absorption() == null || adapter.up() != null) {
            return Form.APART;
        }
        long in = linear.inputWidth();
        long absorbed = rows + 2 * in;
        long half = 2 * rows + in;
        if (Math.min(absorbed, half) >= 3 * rows) {
            return Form.APART;
        }
        boolean square = in == linear.outputWidth();
        return square && absorbed <= half ? Form.ABSORBED : Form.HALF_ABSORBED;
    }

    private Absorption.Projection absorbed(Pass pass, Adapter present, @Nullable Gate gate) {
        return Objects.requireNonNull(pass.absorption()).of(linear, present, gate, pass.dtype());
    }

    /**
     * Gradients of adapter, projection and input; the residual's own gradient is {@code dy}.
     *
     * @param dy [N, d]
     * @param activation gradient of the activation that made x, or NONE
     * @param aux what that activation was applied to; null with NONE
     * @param dx [N, in], null if nothing below needs it
     */
    public void backward(
            Pass pass,
            Kept kept,
            Tensor dy,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor dx,
            Gradients gradients) {
        if (bottleneck != null) {
            backwardBottleneck(pass, bottleneck, kept, dy, activation, aux, dx, gradients);
            return;
        }
        if (adapter == null) {
            backwardLinear(kept, dy, activation, aux, dx, gradients);
            return;
        }
        switch (kept.form()) {
            case CLOSED -> {
                zero(pass, gradients.of(adapter.down()));
                zero(pass, adapter.up() == null ? null : gradients.of(adapter.up()));
                zero(pass, gradients.of(adapter.scale()));
                backwardLinear(kept, dy, activation, aux, dx, gradients);
            }
            case ABSORBED -> {
                backwardAbsorbed(pass, adapter, kept, dy, gradients);
                backwardInput(pass, adapter, kept, dy, activation, aux, dx);
            }
            case HALF_ABSORBED -> {
                adapter.backward(pass.kernels(), Objects.requireNonNull(kept.adapter()), dy, null, gradients);
                backwardInput(pass, adapter, kept, dy, activation, aux, dx);
            }
            case APART -> {
                boolean below = dx != null || linear.isTrained();
                Tensor dProjected = pass.activationsLike(dy);
                adapter.backward(
                        pass.kernels(),
                        Objects.requireNonNull(kept.adapter()),
                        dy,
                        below ? dProjected : null,
                        gradients);
                backwardLinear(kept, dProjected, activation, aux, dx, gradients);
            }
        }
    }

    private void backwardBottleneck(
            Pass pass,
            Bottleneck present,
            Kept kept,
            Tensor dy,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor dx,
            Gradients gradients) {
        boolean below = dx != null || linear.isTrained();
        Tensor dProjected = below ? pass.activationsLike(dy) : null;
        present.backward(pass.kernels(), Objects.requireNonNull(kept.bottleneck()), dy, dy, dProjected, gradients);
        if (dProjected != null) {
            backwardLinear(kept, dProjected, activation, aux, dx, gradients);
        }
    }

    private static void zero(Pass pass, @Nullable Tensor gradient) {
        if (gradient != null) {
            pass.kernels().fill(gradient, 0);
        }
    }

    private void backwardLinear(
            Kept kept,
            Tensor dy,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor dx,
            Gradients gradients) {
        linear.backwardWeight(kept.x(), dy, gradients);
        if (dx != null) {
            linear.backwardInput(dy, activation, aux, dx);
        }
    }

    /** With P = [xᵀ dy; Σ dy] and V = [W_org; b_org]: {@code dW = c Vᵀ P}, {@code ds = γ/(1−p) ⟨W, Vᵀ P⟩}. */
    private void backwardAbsorbed(Pass pass, Adapter present, Kept kept, Tensor dy, Gradients gradients) {
        Kernels kernels = pass.kernels();
        long in = linear.inputWidth();
        Tensor products = pass.statistics(in + 1, linear.outputWidth());
        kernels.gemm(true, false, kept.x(), dy, products.rows(0, in));
        kernels.columnSum(dy, products.rows(in, in + 1).reshape(linear.outputWidth()));
        kernels.adapterBackward(
                linear.withBias(),
                present.down().value(),
                present.scale().value(),
                kept.gate(),
                products,
                null,
                gradients.of(present.down()),
                gradients.of(present.scale()));
    }

    /** {@code dx = dy W_repᵀ}, times the derivative of the activation that made x. */
    private void backwardInput(
            Pass pass,
            Adapter present,
            Kept kept,
            Tensor dy,
            Activation activation,
            @Nullable Tensor aux,
            @Nullable Tensor dx) {
        if (dx != null) {
            Tensor weight = absorbed(pass, present, kept.gate()).weight();
            pass.kernels().gemm(false, true, dy, weight, null, activation, aux, null, dx);
        }
    }

    @Override
    public void close() {
        linear.close();
    }
}
