package org.radapter.task.method;

import java.util.List;
import java.util.Objects;
import org.radapter.clip.ClipParameters;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Gradients;
import org.radapter.optim.Parameter;
import org.radapter.optim.ParameterSet;
import org.radapter.tensor.Tensor;
import org.radapter.train.WeightUpdate;

/**
 * The rows of the text tower's position table that a prompt's context lies on. What the transformer sees of a context
 * token is the token's row plus the position's; where every prompt begins with the same words, training the positions is
 * training these sums.
 */
final class ContextRows implements WeightUpdate, AutoCloseable {
    private static final String POSITIONS = "positional_embedding";
    private static final String NAME = "context";

    private final Kernels kernels;
    private final Parameter positions;
    private final int tokens;
    private final ParameterSet factors;

    /**
     * Rows that change nothing yet.
     *
     * @param weights that the model runs on
     * @param tokens of the context, which follow the start of text
     */
    ContextRows(Kernels kernels, ClipParameters weights, int tokens) {
        this.kernels = kernels;
        this.positions = weights.get(POSITIONS);
        this.tokens = tokens;
        this.factors = new ParameterSet(
                kernels,
                weights.dtype(),
                List.of(ParameterSet.Specification.of(
                        NAME, 0, tokens, positions.value().extent(1))),
                true);
        kernels.convert(rows(positions.value()), factors.parameter(NAME).value());
        factors.resetAverages();
    }

    private Tensor rows(Tensor table) {
        return table.rows(1, 1L + tokens);
    }

    @Override
    public ParameterSet factors() {
        return factors;
    }

    @Override
    public void pullBack(Gradients ofWeights, Gradients ofFactors) {
        kernels.convert(
                rows(Objects.requireNonNull(ofWeights.of(positions))),
                Objects.requireNonNull(ofFactors.of(factors.parameter(NAME))));
    }

    @Override
    public void write() {
        kernels.convert(factors.parameter(NAME).value(), rows(positions.value()));
    }

    @Override
    public void close() {
        factors.close();
    }
}
