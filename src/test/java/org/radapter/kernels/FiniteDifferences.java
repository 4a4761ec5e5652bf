package org.radapter.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleSupplier;
import org.radapter.tensor.Tensor;

/** Gradients by central differences of fourth order. */
public final class FiniteDifferences {
    private static final double STEP = 1e-4;
    private static final double LIMIT = 1e-7;

    private FiniteDifferences() {}

    /** {@code gradient} is the gradient of {@code loss}, a function of what stands in {@code input}. */
    public static void check(String name, Tensor gradient, Tensor input, DoubleSupplier loss) {
        double error = ErrorNorm.relative(gradient.toDoubles(), gradient(input, loss));
        assertThat(error).as("gradient to %s %s", name, input).isLessThan(LIMIT);
    }

    private static double[] gradient(Tensor input, DoubleSupplier loss) {
        double[] gradient = new double[Math.toIntExact(input.size())];
        for (int i = 0; i < gradient.length; i++) {
            double near = difference(input, i, STEP, loss);
            double far = difference(input, i, 2 * STEP, loss);
            gradient[i] = (8 * near - far) / (12 * STEP);
        }
        return gradient;
    }

    private static double difference(Tensor input, int i, double step, DoubleSupplier loss) {
        double value = input.get(i);
        input.set(i, value + step);
        double above = loss.getAsDouble();
        input.set(i, value - step);
        double below = loss.getAsDouble();
        input.set(i, value);
        return above - below;
    }
}
