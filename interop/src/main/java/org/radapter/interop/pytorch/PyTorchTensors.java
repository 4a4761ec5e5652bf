package org.radapter.interop.pytorch;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.LongArrayRef;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.radapter.kernels.jni.ForeignMemory;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** One piece of memory as a tensor of radapter's and one of PyTorch's. Nothing is copied in either direction. */
public final class PyTorchTensors {
    private PyTorchTensors() {}

    /**
     * A view on a PyTorch tensor's memory. It holds a reference to the tensor; autograd does not see what is written
     * through it.
     *
     * @param tensor on the CPU, strided; its last extent dense, the others rows of one distance
     * @throws IllegalArgumentException if the tensor is undefined, lies elsewhere, is sparse, a lazy conjugate or
     *     negative, of a type radapter does not have, or laid out in another way (take {@code contiguous()} then)
     * @throws UnsupportedOperationException if the native library cannot be loaded
     */
    public static Tensor view(org.bytedeco.pytorch.Tensor tensor) {
        if (!tensor.defined()) {
            throw new IllegalArgumentException("this PyTorch tensor is undefined");
        }
        if (!tensor.is_cpu()) {
            throw new IllegalArgumentException("this PyTorch tensor lies on "
                    + tensor.device().str().getString() + ", not on the CPU; take tensor.cpu()");
        }
        if (tensor.layout().intern() != torch.Layout.Strided) {
            throw new IllegalArgumentException("this PyTorch tensor is not strided; take tensor.to_dense()");
        }
        if (tensor.is_conj() || tensor.is_neg()) {
            throw new IllegalArgumentException(
                    "this PyTorch tensor is a lazy conjugate or negative; take resolve_conj() and resolve_neg()");
        }
        DType dtype = dtype(tensor.scalar_type().intern());
        long[] shape = array(tensor.sizes());
        long[] strides = array(tensor.strides());
        org.bytedeco.pytorch.Tensor owner = new org.bytedeco.pytorch.Tensor(tensor);
        // a PointerScope around this call must not end the reference
        owner.retainReference();
        Pointer data = tensor.data_ptr();
        return ForeignMemory.tensor(data == null ? 0 : data.address(), dtype, shape, strides, owner);
    }

    /**
     * A PyTorch tensor on a radapter tensor's memory. The arena of {@code tensor} must stay open as long as the result is
     * used; the result keeps nothing alive.
     *
     * @throws IllegalStateException if {@code tensor} is not native memory of the host, was lent for reading alone, or its
     *     arena is closed
     */
    public static org.bytedeco.pytorch.Tensor of(Tensor tensor) {
        ForeignMemory.requireWritableByOthers(tensor);
        long[] shape = tensor.shape();
        TensorOptions options = new TensorOptions().dtype(new ScalarTypeOptional(scalarType(tensor.dtype())));
        try (Address address = new Address(tensor.address())) {
            return torch.from_blob(address, shape, ForeignMemory.strides(tensor), options);
        }
    }

    private static long[] array(LongArrayRef values) {
        long[] array = new long[Math.toIntExact(values.size())];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return array;
    }

    private static DType dtype(ScalarType type) {
        return switch (type) {
            case Double -> DType.F64;
            case Float -> DType.F32;
            case BFloat16 -> DType.BF16;
            case Half -> DType.F16;
            case Int -> DType.I32;
            case Long -> DType.I64;
            case Byte -> DType.U8;
            default -> throw new IllegalArgumentException("radapter has no type " + type);
        };
    }

    private static ScalarType scalarType(DType dtype) {
        return switch (dtype) {
            case F64 -> ScalarType.Double;
            case F32 -> ScalarType.Float;
            case BF16 -> ScalarType.BFloat16;
            case F16 -> ScalarType.Half;
            case I32 -> ScalarType.Int;
            case I64 -> ScalarType.Long;
            case U8 -> ScalarType.Byte;
        };
    }

    /** An address as JavaCPP passes it; owns nothing. */
    private static final class Address extends BytePointer {
        Address(long address) {
            super((Pointer) null);
            this.address = address;
        }
    }
}
