package org.radapter.benchmarks;

import java.util.function.Supplier;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.radapter.tensor.DType;

/** Small things that libtorch's Java binding leaves open. */
final class Torch {
    private Torch() {}

    static ScalarType type(DType dtype) {
        return switch (dtype) {
            case F32 -> ScalarType.Float;
            case BF16 -> ScalarType.BFloat16;
            default -> throw new IllegalArgumentException("no benchmark uses " + dtype);
        };
    }

    static Scalar scalar(double value) {
        return new Scalar(value);
    }

    /**
     * Frees every tensor that {@code body} makes but its result, which the scope around this owns: as Python frees what
     * no name holds any more, so that autograd alone keeps what it needs.
     */
    static Tensor alone(Supplier<Tensor> body) {
        Tensor result;
        try (PointerScope inner = new PointerScope()) {
            result = body.get();
            result.retainReference();
        }
        PointerScope.getInnerScope().attach(result);
        result.releaseReference();
        return result;
    }

    /** Forgets gradients, as {@code zero_grad(set_to_none=True)} does. */
    static void clearGradients(Tensor... leaves) {
        for (Tensor leaf : leaves) {
            leaf.mutable_grad().reset();
        }
    }

    /** Runs back from {@code output}, whose gradient is given. */
    static void backward(Tensor output, Tensor gradient) {
        output.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
    }

    /** The values of all tensors, one after the other. */
    static float[] floats(Tensor[] tensors) {
        float[][] parts = new float[tensors.length][];
        int count = 0;
        for (int i = 0; i < parts.length; i++) {
            parts[i] = floats(tensors[i]);
            count += parts[i].length;
        }
        float[] all = new float[count];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    /** The values as floats. */
    static float[] floats(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            Tensor plain = tensor.detach().toType(ScalarType.Float).contiguous();
            float[] values = new float[Math.toIntExact(plain.numel())];
            new FloatPointer(plain.data_ptr_float()).get(values);
            return values;
        }
    }
}
