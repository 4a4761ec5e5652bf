package org.radapter.train;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.Recording;
import org.radapter.loss.Objective;

/**
 * A step of fixed shapes. The first one is computed as it is, and with it everything comes to be that later ones find:
 * packed weights, memory, gradients. The second is recorded.
 */
final class RepeatedStep implements AutoCloseable {
    private final Kernels kernels;
    private final FixedInputs inputs;
    private final Supplier<Objective.Result> work;
    private final boolean recording;
    private @Nullable Recording recorded;
    private Objective.@Nullable Result result;

    /**
     * A step that was not taken yet.
     *
     * @param work of the step, which asks the host for nothing but these inputs
     * @param recording whether it may be recorded
     */
    RepeatedStep(Kernels kernels, FixedInputs inputs, Supplier<Objective.Result> work, boolean recording) {
        this.kernels = kernels;
        this.inputs = inputs;
        this.work = work;
        this.recording = recording;
    }

    /** Number of pairs of the step. */
    int batch() {
        return inputs.batch();
    }

    /**
     * Takes the step.
     *
     * @param images of the batch
     * @param step its number, from 0
     * @return valid until the next step
     */
    Objective.Result take(Batch batch, StepImages images, long step) {
        inputs.write(batch, images, step);
        if (result == null || !recording) {
            Objective.Result called = work.get();
            result = called;
            return called;
        }
        if (recorded == null) {
            recorded = kernels.record(() -> result = work.get());
        }
        recorded.replay();
        return Objects.requireNonNull(result);
    }

    @Override
    public void close() {
        if (recorded != null) {
            recorded.close();
        }
        inputs.close();
    }
}
