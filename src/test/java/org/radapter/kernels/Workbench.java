package org.radapter.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.radapter.kernels.reference.Precision;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * Kernels with an arena to try them on: inputs rounded to a precision's types, results NaN until they are written. Rows
 * of activations may lie apart, with NaN between them.
 */
final class Workbench implements AutoCloseable {
    private static final int GAP_BEFORE = 2;
    private static final int GAP_AFTER = 3;

    final Kernels kernels;
    final Arena arena;
    private final Precision precision;
    private final boolean gaps;
    private final List<Tensor> surroundings = new ArrayList<>();

    Workbench(TestBackend backend) {
        this(backend, false);
    }

    Workbench(TestBackend backend, boolean gaps) {
        this.kernels = backend.open().get();
        this.precision = backend.precision();
        this.arena = kernels.device().arena("test");
        this.gaps = gaps;
    }

    DType activations() {
        return precision.activations();
    }

    DType masters() {
        return precision.masters();
    }

    Tensor activation(double[] values, long... shape) {
        return activationResult(shape).copyFrom(values);
    }

    Tensor master(double[] values, long... shape) {
        return arena.allocate(masters(), shape).copyFrom(values);
    }

    Tensor integers(int[] values, long... shape) {
        return arena.allocate(DType.I32, shape).copyFrom(values);
    }

    Tensor activationResult(long... shape) {
        if (!gaps) {
            return poisoned(activations(), shape);
        }
        long columns = shape[shape.length - 1];
        long rows = Arrays.stream(shape).limit(shape.length - 1).reduce(1, (a, b) -> a * b);
        Tensor surrounding = poisoned(activations(), rows, GAP_BEFORE + columns + GAP_AFTER);
        surroundings.add(surrounding);
        return surrounding.columns(GAP_BEFORE, GAP_BEFORE + columns).reshape(shape);
    }

    Tensor masterResult(long... shape) {
        return poisoned(masters(), shape);
    }

    Tensor poisoned(DType dtype, long... shape) {
        Tensor tensor = arena.allocate(dtype, shape);
        double[] values = new double[Math.toIntExact(tensor.size())];
        Arrays.fill(values, Double.NaN);
        return tensor.copyFrom(values);
    }

    /** No kernel wrote between the rows. */
    void assertGapsUntouched() {
        for (Tensor surrounding : surroundings) {
            Tensor before = surrounding.columns(0, GAP_BEFORE);
            Tensor after = surrounding.columns(surrounding.columns() - GAP_AFTER, surrounding.columns());
            assertThat(before.toDoubles())
                    .as("before the rows of %s", surrounding)
                    .containsOnly(Double.NaN);
            assertThat(after.toDoubles())
                    .as("behind the rows of %s", surrounding)
                    .containsOnly(Double.NaN);
        }
    }

    @Override
    public void close() {
        arena.close();
        kernels.close();
    }
}
