package org.radapter.interop.pytorch;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorTensorHook;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Gate;
import org.radapter.kernels.Kernels;

/**
 * R-Adapter in an autograd graph: {@code y = x + gate·s·(x W)}, or {@code y = x + gate·s·(x D) U} of low rank. See {@link
 * Kernels#adapter} and {@link Kernels#lowRankAdapter}.
 *
 * <p>x may be the result of any operator; W, D, U and s are leaves, whose gradients are added to {@code grad()} while x's
 * is passed on. What a forward pass keeps is let go when its backward pass has run, or by {@link #forget}. Differentiable
 * once. Not thread-safe; forward and backward pass run on one thread, as libtorch's do on the CPU.
 */
public final class PyTorchAdapter {
    /** The backward passes still to come, of all adapters of a thread, by the address of their node in the graph. */
    private static final ThreadLocal<Map<Long, UnaryOperator<Tensor>>> PENDING = ThreadLocal.withInitial(HashMap::new);

    /** JavaCPP has few function objects of one type to give, so one serves all nodes and asks where it is. */
    private static final TensorTensorHook HOOK = new TensorTensorHook() {
        /** libtorch copies it once this has returned. */
        private @Nullable Tensor result;

        @Override
        public TensorBase call(TensorBase gradient) {
            long node = torch.get_current_node().getptr().address();
            UnaryOperator<Tensor> backward = PENDING.get().remove(node);
            if (backward == null) {
                throw new IllegalStateException(
                        "this adapter's backward pass has run already, was forgotten, or runs on another thread");
            }
            result = backward.apply(new Tensor(gradient).contiguous());
            return result;
        }
    };

    static {
        lasting(HOOK);
    }

    private final Kernels kernels;

    /**
     * Adapters on a backend.
     *
     * @param kernels of the CPU; not closed by this
     */
    public PyTorchAdapter(Kernels kernels) {
        this.kernels = kernels;
    }

    /**
     * {@code x + gate·s·(x W)}.
     *
     * @param x [..., d], fp32 or bf16
     * @param weight W [d, d], an fp32 leaf
     * @param scale s, one fp32 number, a leaf
     * @param gate γ/(1−p) of adapter dropping; null for 1
     * @return y, shaped as x
     * @throws IllegalArgumentException if shapes or types do not fit, or W or s is no leaf
     */
    public Tensor apply(Tensor x, Tensor weight, Tensor scale, @Nullable Gate gate) {
        Tensor input = lasting(matrix(x.detach().contiguous()));
        return graph(
                x,
                y -> kernels.adapter(view(input), view(weight), one(scale), gate, null, view(y)),
                dy -> {
                    Tensor dx = torch.empty_like(dy);
                    Tensor dWeight = torch.empty_like(weight.detach());
                    Tensor dScale = torch.empty_like(scale.detach());
                    kernels.adapterBackward(
                            view(input),
                            view(weight),
                            one(scale),
                            gate,
                            view(dy),
                            view(dx),
                            view(dWeight),
                            one(dScale));
                    addGradient(weight, dWeight);
                    addGradient(scale, dScale);
                    return dx;
                },
                weight,
                scale);
    }

    /**
     * {@code x + gate·s·(x D) U}.
     *
     * @param x [..., d], fp32 or bf16
     * @param down D [d, r], an fp32 leaf
     * @param up U [r, d], an fp32 leaf
     * @param scale s, one fp32 number, a leaf
     * @param gate γ/(1−p) of adapter dropping; null for 1
     * @return y, shaped as x
     * @throws IllegalArgumentException if shapes or types do not fit, or D, U or s is no leaf
     */
    public Tensor applyLowRank(Tensor x, Tensor down, Tensor up, Tensor scale, @Nullable Gate gate) {
        Tensor input = lasting(matrix(x.detach().contiguous()));
        Tensor hidden = lasting(input.new_empty(input.size(0), down.size(1)));
        return graph(
                x,
                y -> kernels.lowRankAdapter(
                        view(input), view(down), view(up), one(scale), gate, null, view(hidden), view(y)),
                dy -> {
                    Tensor dx = torch.empty_like(dy);
                    Tensor dDown = torch.empty_like(down.detach());
                    Tensor dUp = torch.empty_like(up.detach());
                    Tensor dScale = torch.empty_like(scale.detach());
                    kernels.lowRankAdapterBackward(
                            view(input),
                            view(hidden),
                            view(down),
                            view(up),
                            one(scale),
                            gate,
                            view(dy),
                            view(dx),
                            view(dDown),
                            view(dUp),
                            one(dScale));
                    addGradient(down, dDown);
                    addGradient(up, dUp);
                    addGradient(scale, dScale);
                    return dx;
                },
                down,
                up,
                scale);
    }

    /** Lets go what forward passes of this thread have kept for backward passes that will not come. */
    public static void forget() {
        PENDING.get().clear();
    }

    /**
     * A copy of x in the graph, whose memory {@code forward} then overwrites, and through whose node {@code backward}
     * comes: autograd takes it for the identity.
     */
    private static Tensor graph(Tensor x, Consumer<Tensor> forward, UnaryOperator<Tensor> backward, Tensor... leaves) {
        boolean trained = false;
        for (Tensor leaf : leaves) {
            if (!leaf.__dispatch_is_leaf()) {
                throw new IllegalArgumentException("an adapter's weight or scale is no leaf of the graph;"
                        + " take it from where it is made, or detach() it");
            }
            trained |= leaf.requires_grad();
        }
        boolean recorded = GradMode.is_enabled() && (trained || x.requires_grad());
        Tensor start = recorded && !x.requires_grad() ? x.detach().set_requires_grad(true) : x;
        Tensor y = start.clone(new MemoryFormatOptional(torch.MemoryFormat.Contiguous));
        forward.accept(matrix(y.detach()));
        if (recorded) {
            long[] shape = shapeOf(x);
            y.register_hook(HOOK);
            PENDING.get()
                    .put(
                            y.grad_fn().getptr().address(),
                            dy -> backward.apply(matrix(dy)).reshape(shape));
        }
        return y;
    }

    /** Kept for a backward pass, which may come when the PointerScope of the forward pass is closed. */
    private static <P extends Pointer> P lasting(P pointer) {
        pointer.retainReference();
        return pointer;
    }

    private static long[] shapeOf(Tensor x) {
        long[] shape = new long[Math.toIntExact(x.dim())];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = x.size(i);
        }
        return shape;
    }

    private static Tensor matrix(Tensor x) {
        return x.dim() == 2 ? x : x.reshape(-1, x.size(-1));
    }

    private static void addGradient(Tensor leaf, Tensor gradient) {
        if (!leaf.requires_grad()) {
            return;
        }
        Tensor present = leaf.grad();
        if (present.defined()) {
            present.add_(gradient);
        } else {
            leaf.mutable_grad().put(gradient);
        }
    }

    private static org.radapter.tensor.Tensor view(Tensor tensor) {
        return PyTorchTensors.view(tensor);
    }

    private static org.radapter.tensor.Tensor one(Tensor scalar) {
        return PyTorchTensors.view(scalar).reshape(1);
    }
}
