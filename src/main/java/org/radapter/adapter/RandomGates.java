package org.radapter.adapter;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Gate;
import org.radapter.tensor.Arena;
import org.radapter.tensor.CounterRandom;
import org.radapter.tensor.DType;

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
        double[] factors = factors(site, firstSample, samples, length);
        return new Gate(arena.allocate(dtype, factors.length).copyFrom(factors), dropping.divisor(length))
                .knownToBe(factors);
    }

    /** The factors that a gate of these samples has. */
    double[] factors(AdapterSite site, long firstSample, long samples, long length) {
        return switch (dropping.mode()) {
            case MODULE -> draw(site, 0, 1);
            case SAMPLE -> draw(site, firstSample, samples);
            case TOKEN_POSITION -> draw(site, 0, length);
        };
    }

    private double[] draw(AdapterSite site, long first, long count) {
        CounterRandom random = new CounterRandom(seed);
        long place = CounterRandom.site("gate." + site.name());
        double[] factors = new double[Math.toIntExact(count)];
        Arrays.setAll(factors, i -> dropping.factor(random.uniform(step, place, first + i)));
        return factors;
    }
}
