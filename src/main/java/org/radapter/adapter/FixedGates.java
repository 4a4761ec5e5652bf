package org.radapter.adapter;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Gate;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * The gates of {@link RandomGates} at places that stay the same from step to step, for steps that are recorded: one table
 * holds the factors of all sites for a whole batch, and {@link #draw} writes it anew in one copy.
 */
public final class FixedGates implements GateSource {
    private final Dropping dropping;
    private final DType dtype;
    private final long seed;
    private final long batch;
    private final Map<AdapterSite, Place> places = new LinkedHashMap<>();
    private final double[] factors;
    private final Tensor table;

    /** Where a site's factors begin in the table, and rows of one of its sequences. */
    private record Place(int from, long length) {}

    /**
     * A table with undefined content.
     *
     * @param dtype master type of the model
     * @param seed of the run
     * @param lengths rows of a sequence at each site
     * @param batch sequences of a step
     * @param arena where the table is kept
     */
    public FixedGates(
            Dropping dropping, DType dtype, long seed, Map<AdapterSite, Integer> lengths, int batch, Arena arena) {
        this.dropping = dropping;
        this.dtype = dtype;
        this.seed = seed;
        this.batch = batch;
        int size = 0;
        for (Map.Entry<AdapterSite, Integer> site : lengths.entrySet()) {
            places.put(site.getKey(), new Place(size, site.getValue()));
            size += switch (dropping.mode()) {
                case MODULE -> 1;
                case SAMPLE -> batch;
                case TOKEN_POSITION -> site.getValue();
            };
        }
        this.factors = new double[size];
        this.table = arena.allocate(dtype, size, 1);
    }

    /** Writes the factors of a step, counted from 0. */
    public void draw(long step) {
        if (dropping.probability() == 0) {
            return;
        }
        RandomGates gates = new RandomGates(dropping, dtype, seed, step);
        places.forEach((site, place) -> {
            double[] drawn = gates.factors(site, 0, batch, place.length());
            System.arraycopy(drawn, 0, factors, place.from(), drawn.length);
        });
        table.copyFrom(factors);
    }

    /**
     * The place of a site's factors.
     *
     * @throws IllegalArgumentException if the table has no such site, samples or length
     */
    @Override
    public @Nullable Gate gate(AdapterSite site, Arena arena, long firstSample, long samples, long length) {
        if (dropping.probability() == 0) {
            return null;
        }
        Place place = places.get(site);
        if (place == null || place.length() != length || firstSample < 0 || firstSample + samples > batch) {
            throw new IllegalArgumentException("no gates are kept for samples " + firstSample + " to "
                    + (firstSample + samples) + " of " + length + " rows at " + site.name());
        }
        long from = place.from() + (dropping.mode() == Dropping.Mode.SAMPLE ? firstSample : 0);
        long count = switch (dropping.mode()) {
            case MODULE -> 1;
            case SAMPLE -> samples;
            case TOKEN_POSITION -> length;
        };
        return new Gate(table.rows(from, from + count).reshape(count), dropping.divisor(length)).rewrittenLater();
    }
}
