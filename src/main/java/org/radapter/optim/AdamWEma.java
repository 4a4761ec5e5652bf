package org.radapter.optim;

import java.io.Serializable;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.Segments;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * Clip by global norm, AdamW and the moving average of the parameters, in this order and in one call.
 *
 * <p>A step whose gradient norm is not finite changes nothing and is counted; {@value #SKIPS_IN_A_ROW} in a row are an
 * error.
 */
public final class AdamWEma implements AutoCloseable {
    /** Steps with a norm that is not finite, one after another, that end a run. */
    public static final int SKIPS_IN_A_ROW = 10;

    /**
     * Constants of a run.
     *
     * @param beta1 decay of the first moment
     * @param beta2 decay of the second moment
     * @param epsilon added to the root of the second moment
     * @param maxNorm largest norm of all gradients together; ≤ 0: no clipping
     * @param averageDecay m of {@code W̃ ← m W̃ + (1−m) W}
     */
    public record Settings(double beta1, double beta2, double epsilon, double maxNorm, double averageDecay)
            implements Serializable {
        private static final long serialVersionUID = 1;

        /** The paper's: .9, .999, 1e-8, norm 1, average .999. */
        public static final Settings PAPER = new Settings(.9, .999, 1e-8, 1.0, .999);

        /** Checks the settings. */
        public Settings {
            if (!(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1) || !(epsilon > 0)) {
                throw new IllegalArgumentException(
                        "AdamW needs 0 <= beta < 1 and epsilon > 0, got " + beta1 + ", " + beta2 + ", " + epsilon);
            }
            if (!(averageDecay >= 0 && averageDecay <= 1)) {
                throw new IllegalArgumentException("the average's decay lies in [0, 1], got " + averageDecay);
            }
        }

        /** The same with another decay of the average. */
        public Settings withAverageDecay(double decay) {
            return new Settings(beta1, beta2, epsilon, maxNorm, decay);
        }
    }

    private final Kernels kernels;
    private final ParameterSet parameters;
    private final Settings settings;
    private final Arena arena;
    private final Tensor deviceSettings;
    private final Tensor state;
    /** What {@code state} holds. */
    private double[] known = new double[5];

    private final IdentityHashMap<Tensor, Segments> segments = new IdentityHashMap<>();

    /** An optimiser of these parameters that has taken no step. */
    public AdamWEma(Kernels kernels, ParameterSet parameters, Settings settings) {
        this.kernels = kernels;
        this.parameters = parameters;
        this.settings = settings;
        this.arena = kernels.device().arena("optimizer");
        try {
            this.deviceSettings = arena.allocate(DType.F64, 6);
            this.state = arena.allocate(DType.F64, 5).copyFrom(known);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * One step: {@link #use}, {@link #update}, {@link #finish}.
     *
     * @param sum gradients of all parameters as one vector, made by {@link ParameterSet#newGradient} and alive as long
     *     as this is; only read
     * @throws IllegalStateException if this was the tenth step in a row whose norm is not finite
     */
    public void step(Tensor sum, double learningRate) {
        use(learningRate);
        update(sum);
        finish();
    }

    /** Puts the learning rate of the next step where {@link #update} finds it. */
    public void use(double learningRate) {
        deviceSettings.copyFrom(
                learningRate,
                settings.beta1(),
                settings.beta2(),
                settings.epsilon(),
                settings.maxNorm(),
                settings.averageDecay());
    }

    /** Changes the parameters. From a vector's second use on this is one operator, so that it can be recorded. */
    public void update(Tensor sum) {
        kernels.adamWEma(
                segments.computeIfAbsent(sum, gradient -> kernels.segments(parameters.segments(gradient))),
                deviceSettings,
                state);
    }

    /**
     * Reads what the step has come to.
     *
     * @throws IllegalStateException if this was the tenth step in a row whose norm is not finite
     */
    public void finish() {
        known = state.toDoubles();
        if (known[2] >= SKIPS_IN_A_ROW) {
            throw new IllegalStateException("the gradient was not finite in " + SKIPS_IN_A_ROW
                    + " steps in a row; lower the learning rate, or look for NaN in the data");
        }
    }

    /** Steps taken; skipped ones do not count. */
    public long steps() {
        return (long) known[0];
    }

    /** Steps skipped because the norm was not finite. */
    public long skipped() {
        return (long) known[1];
    }

    /** Norm of the last gradient before clipping. */
    public double norm() {
        return known[3];
    }

    /** The five numbers of {@code radapter_adamw_ema}'s state, for checkpoints. */
    public List<Double> state() {
        return Arrays.stream(known).boxed().toList();
    }

    /** Goes on from numbers that {@link #state} gave. */
    public void restore(List<Double> numbers) {
        known = numbers.stream().mapToDouble(Double::doubleValue).toArray();
        state.copyFrom(known);
    }

    /** What is trained. */
    public ParameterSet parameters() {
        return parameters;
    }

    @Override
    public void close() {
        segments.values().forEach(Segments::close);
        segments.clear();
        arena.close();
    }
}
