package org.radapter.benchmarks;

import java.util.Arrays;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;

/**
 * libtorch's operators on many tensors at once, which its Java binding leaves out: called through its dispatcher, as
 * Python does.
 */
final class ForeachOperators {
    private static final OperatorHandle NORM = find("aten::_foreach_norm", "Scalar");
    private static final OperatorHandle MULTIPLY = find("aten::_foreach_mul_", "Tensor");
    private static final OperatorHandle LERP = find("aten::_foreach_lerp_", "Scalar");
    private static final OperatorHandle FUSED_ADAMW = find("aten::_fused_adamw_", "");

    // Made once: a pointer to such a singleton frees it when the collector finds the pointer unused.
    private static final Type.TypePtr LIST = forEver(NORM.schema().arguments().type());
    private static final Type LIST_TYPE = forEver(LIST.get());
    private static final Type.TypePtr ELEMENT = forEver(LIST_TYPE.containedType(0));

    private ForeachOperators() {}

    private static OperatorHandle find(String name, String overload) {
        return forEver(Dispatcher.singleton().findSchemaOrThrow(name, overload));
    }

    private static <P extends Pointer> P forEver(P pointer) {
        pointer.retainReference();
        return pointer;
    }

    private static IValue list(Tensor[] tensors) {
        GenericList list = new GenericList(ELEMENT);
        for (Tensor tensor : tensors) {
            list.push_back(new IValue(tensor));
        }
        return new IValue(list);
    }

    /** One AdamW step of all tensors, β .9 and .999, ε 1e-8, no decay; {@code step} counts from 1. */
    static void fusedAdamW(
            Tensor[] values, Tensor[] gradients, Tensor[] expAvg, Tensor[] expAvgSq, Tensor step, double rate) {
        Tensor[] steps = new Tensor[values.length];
        Arrays.fill(steps, step);
        FUSED_ADAMW.callBoxed(new IValueVector(
                list(values),
                list(gradients),
                list(expAvg),
                list(expAvgSq),
                list(new Tensor[0]),
                list(steps),
                new IValue(rate),
                new IValue(.9),
                new IValue(.999),
                new IValue(0.0),
                new IValue(1e-8),
                new IValue(false),
                new IValue(false),
                new IValue(),
                new IValue()));
    }

    /** {@code averages += weight·(values − averages)}. */
    static void lerp(Tensor[] averages, Tensor[] values, double weight) {
        LERP.callBoxed(new IValueVector(list(averages), list(values), new IValue(weight)));
    }

    /** Scales gradients so that their norm is at most 1, as {@code clip_grad_norm_} does; returns the norm before. */
    static Tensor clip(Tensor[] gradients) {
        IValueVector stack = new IValueVector(list(gradients), new IValue(2L), new IValue());
        NORM.callBoxed(stack);
        TensorVector norms = stack.get(0).toTensorVector();
        Tensor norm = torch.linalg_vector_norm(torch.stack(norms));
        Tensor factor = norm.add(Torch.scalar(1e-6)).reciprocal().clamp_max(Torch.scalar(1));
        MULTIPLY.callBoxed(new IValueVector(list(gradients), new IValue(factor)));
        return norm;
    }
}
