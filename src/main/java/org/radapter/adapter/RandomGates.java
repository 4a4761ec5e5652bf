package org.radapter.adapter;

import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Gate;
import org.radapter.tensor.Arena;
import org.radapter.tensor.CounterRandom;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * Gates of one training step, drawn by counter: the same (seed, step, site, sample or position) gives the same γ,
 * however the batch is cut.
 *
 * @param dropping mode and probability
 * @param dtype master type of the model
 * @param seed of the run
 * @param step from 0
 */
public record RandomGates(Dropping dropping, DType dtype, long seed, long step) implements GateSource {
    @Override
    public @Nullable Gate gate(AdapterSite site, Arena arena, long firstSample, long samples, long length) {
        if (dropping.probability() == 0) {
            return null;
        }
        return switch (dropping.mode()) {
            case MODULE -> Gate.module(draw(site, arena, 0, 1));
            case SAMPLE -> Gate.sample(draw(site, arena, firstSample, samples), length);
            case TOKEN_POSITION -> Gate.tokenPosition(draw(site, arena, 0, length));
        };
    }

    private Tensor draw(AdapterSite site, Arena arena, long first, long count) {
        CounterRandom random = new CounterRandom(seed);
        long place = CounterRandom.site("gate." + site.name());
        Tensor values = arena.allocate(dtype, count);
        for (long i = 0; i < count; i++) {
            values.set(i, dropping.factor(random.uniform(step, place, first + i)));
        }
        return values;
    }
}
