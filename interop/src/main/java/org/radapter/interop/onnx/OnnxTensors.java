package org.radapter.interop.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/** One piece of memory as a tensor of radapter's and one of ONNX Runtime's. */
public final class OnnxTensors {
    private OnnxTensors() {}

    /**
     * An ONNX Runtime tensor on a radapter tensor's memory, without a copy: an input that kernels have filled, or an output
     * given to {@code OrtSession.run(inputs, pinnedOutputs)} that kernels read afterwards. Close it before the arena of
     * {@code tensor}.
     *
     * @throws IllegalArgumentException if the rows of {@code tensor} have gaps, or it is on the Java heap
     * @throws IllegalStateException if it lies on a device, or its arena is closed
     * @throws OrtException if ONNX Runtime refuses it
     */
    public static OnnxTensor of(OrtEnvironment environment, Tensor tensor) throws OrtException {
        if (!tensor.isContiguous()) {
            throw new IllegalArgumentException(tensor
                    + " has gaps between its rows, ONNX Runtime takes dense tensors; copy it with Kernels.convert");
        }
        if (!tensor.hasAddress()) {
            throw new IllegalArgumentException(
                    tensor + " has no address; allocate it from the native backend's device");
        }
        return OnnxTensor.createTensor(environment, tensor.bytes(), tensor.shape(), type(tensor.dtype()));
    }

    private static OnnxJavaType type(DType dtype) {
        return switch (dtype) {
            case F64 -> OnnxJavaType.DOUBLE;
            case F32 -> OnnxJavaType.FLOAT;
            case BF16 -> OnnxJavaType.BFLOAT16;
            case F16 -> OnnxJavaType.FLOAT16;
            case I32 -> OnnxJavaType.INT32;
            case I64 -> OnnxJavaType.INT64;
            case U8 -> OnnxJavaType.UINT8;
        };
    }
}
