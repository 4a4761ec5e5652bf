package org.radapter.adapter;

import java.io.Serializable;
import org.radapter.kernels.Gate;

/**
 * Adapter dropping: in training the adapter's branch is multiplied by γ/(1−p), γ ~ Bernoulli(1−p).
 *
 * @param mode what shares one γ
 * @param probability p, in [0, 1)
 */
public record Dropping(Mode mode, double probability) implements Serializable {
    private static final long serialVersionUID = 1;

    /** What shares one γ. */
    public enum Mode {
        /** Each adapter of the model, in each step: the paper's words. */
        MODULE,
        /** Each sequence, in each adapter and step. */
        SAMPLE,
        /** Each position, for all sequences of a batch: what the authors' code does. */
        TOKEN_POSITION
    }

    /** No dropping. */
    public static final Dropping NONE = new Dropping(Mode.MODULE, 0);

    /** The paper's: p = 0.2, one γ for each adapter and step. */
    public static final Dropping PAPER = new Dropping(Mode.MODULE, 0.2);

    /** Checks the settings. */
    public Dropping {
        if (!(probability >= 0 && probability < 1)) {
            throw new IllegalArgumentException("the probability of dropping lies in [0, 1), got " + probability);
        }
    }

    /** Rows of sequences of {@code length} that share one factor before the next is taken; see {@link Gate}. */
    long divisor(long length) {
        return mode == Mode.SAMPLE ? length : 1;
    }

    /** γ/(1−p) for a uniform number in [0, 1). */
    public double factor(double uniform) {
        return uniform < probability ? 0 : 1 / (1 - probability);
    }
}
