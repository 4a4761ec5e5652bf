package org.radapter.kernels;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.radapter.kernels.jni.CudaPlugin;

/**
 * A test of the CUDA backend, on the driver that {@code RADAPTER_LIBCUDA} names: the simulated one, unless the build was
 * told of another. It does not apply where the plug-in was not built; where it was, a GPU that cannot be opened is a
 * failure.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("cuda")
@ExtendWith(CudaTest.WithPlugin.class)
public @interface CudaTest {
    /** Holds where the plug-in was built. */
    final class WithPlugin implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return CudaPlugin.isPresent()
                    ? ConditionEvaluationResult.enabled("the CUDA plug-in was built")
                    : ConditionEvaluationResult.disabled(
                            "not applicable: the CUDA plug-in was not built (no nvcc, or -Dradapter.cuda=off)");
        }
    }
}
