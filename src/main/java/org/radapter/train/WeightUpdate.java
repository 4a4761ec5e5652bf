package org.radapter.train;

import org.radapter.optim.Gradients;
import org.radapter.optim.ParameterSet;

/** Few trained numbers that the weights of a model are a function of; the model runs on the weights. */
public interface WeightUpdate {
    /** What the optimiser changes. */
    ParameterSet factors();

    /**
     * The chain rule.
     *
     * @param ofWeights gradients of all weights, only read
     * @param ofFactors receives the gradients of all factors
     */
    void pullBack(Gradients ofWeights, Gradients ofFactors);

    /** Writes the weights that the factors' present values make. */
    void write();
}
