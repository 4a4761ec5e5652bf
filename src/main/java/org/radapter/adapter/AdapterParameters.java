package org.radapter.adapter;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Parameter;
import org.radapter.optim.ParameterSet;
import org.radapter.tensor.Arena;
import org.radapter.tensor.CounterRandom;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * All adapters of a model, with the averages that re-parameterisation uses.
 *
 * <p>At full rank W = 0; at low rank and in a bottleneck D is Xavier-uniform and all else 0: step 0 is the zero-shot
 * model exactly.
 */
public final class AdapterParameters implements AutoCloseable {
    private final AdapterConfig config;
    private final ParameterSet set;
    private final Arena arena;
    private final List<AdapterSite> sites;
    private final Map<AdapterSite, Adapter> adapters = new LinkedHashMap<>();
    private final Map<AdapterSite, Bottleneck> bottlenecks = new LinkedHashMap<>();
    private final Tensor initial;

    /**
     * Adapters at their initial values.
     *
     * @param dtype master type, F32 or F64
     * @param sites one for each adapter
     * @param seed of D's initial values
     */
    public AdapterParameters(Kernels kernels, DType dtype, AdapterConfig config, List<AdapterSite> sites, long seed) {
        this.config = config;
        this.set = new ParameterSet(kernels, dtype, specifications(config, sites), true);
        this.arena = kernels.device().arena("adapters");
        this.sites = List.copyOf(sites);
        try {
            for (AdapterSite site : sites) {
                if (config.isMergeable()) {
                    Adapter adapter = adapter(dtype, site);
                    adapters.put(site, adapter);
                    adapter.scale().value().copyFrom(config.scale());
                } else {
                    bottlenecks.put(site, bottleneck(site));
                }
                if (!config.isFullRank()) {
                    initializeDown(site, seed);
                }
            }
            set.resetAverages();
            this.initial = set.newGradient(arena);
            kernels.convert(set.values(), initial);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private static List<ParameterSet.Specification> specifications(AdapterConfig config, List<AdapterSite> sites) {
        List<ParameterSet.Specification> all = new ArrayList<>();
        for (AdapterSite site : sites) {
            long d = site.width();
            if (config.isFullRank()) {
                all.add(ParameterSet.Specification.of(site.name() + ".w", 0, d, d));
            } else {
                all.add(ParameterSet.Specification.of(site.name() + ".down", 0, d, config.rank()));
                all.add(ParameterSet.Specification.of(site.name() + ".up", 0, config.rank(), d));
            }
            if (config.learnedScale()) {
                all.add(ParameterSet.Specification.of(site.name() + ".scale", 0, 1));
            }
            if (!config.isMergeable()) {
                all.add(ParameterSet.Specification.of(site.name() + ".down_bias", 0, config.rank()));
                all.add(ParameterSet.Specification.of(site.name() + ".up_bias", 0, d));
            }
        }
        return all;
    }

    private Adapter adapter(DType dtype, AdapterSite site) {
        Parameter scale = config.learnedScale()
                ? set.parameter(site.name() + ".scale")
                : Parameter.frozen(site.name() + ".scale", arena.allocate(dtype, 1));
        return config.isFullRank()
                ? new Adapter(site, set.parameter(site.name() + ".w"), null, scale)
                : new Adapter(site, set.parameter(site.name() + ".down"), set.parameter(site.name() + ".up"), scale);
    }

    private Bottleneck bottleneck(AdapterSite site) {
        return new Bottleneck(
                set.parameter(site.name() + ".down"),
                set.parameter(site.name() + ".down_bias"),
                set.parameter(site.name() + ".up"),
                set.parameter(site.name() + ".up_bias"));
    }

    private void initializeDown(AdapterSite site, long seed) {
        Tensor down = set.parameter(site.name() + ".down").value();
        double bound = Math.sqrt(6.0 / (site.width() + config.rank()));
        CounterRandom random = new CounterRandom(seed);
        long place = CounterRandom.site("adapter.initial." + site.name());
        double[] values = new double[Math.toIntExact(down.size())];
        Arrays.setAll(values, i -> random.uniform(0, place, i, -bound, bound));
        down.copyFrom(values);
    }

    /** What kind of adapters these are. */
    public AdapterConfig config() {
        return config;
    }

    /** Where they sit, in order. */
    public List<AdapterSite> sites() {
        return sites;
    }

    /**
     * The bottleneck of a site.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Bottleneck bottleneckOf(AdapterSite site) {
        Bottleneck bottleneck = bottlenecks.get(site);
        if (bottleneck == null) {
            throw new IllegalArgumentException("no bottleneck at " + site.name());
        }
        return bottleneck;
    }

    /** The adapter of a site. */
    public Adapter of(AdapterSite site) {
        Adapter adapter = adapters.get(site);
        if (adapter == null) {
            throw new IllegalArgumentException("no adapter at " + site.name());
        }
        return adapter;
    }

    /** All that is trained, as one set. */
    public ParameterSet set() {
        return set;
    }

    /**
     * The averaged value of one of {@link #set}'s parameters, in a new host array.
     *
     * @param correction null for the plain average; else m and t of {@code (W̃_t − mᵗ W₀)/(1 − mᵗ)}, W₀ at t = 0
     */
    public double[] averaged(String name, @Nullable BiasCorrection correction) {
        double[] average = set.average(name).toDoubles();
        if (correction == null) {
            return average;
        }
        double[] start = initialValue(name).toDoubles();
        double weight = Math.pow(correction.decay(), (double) correction.steps());
        for (int i = 0; i < average.length; i++) {
            average[i] = correction.steps() == 0 ? start[i] : (average[i] - weight * start[i]) / (1 - weight);
        }
        return average;
    }

    /**
     * The start's share taken out of an average.
     *
     * @param decay m
     * @param steps t
     */
    public record BiasCorrection(double decay, long steps) {}

    /** All initial values W₀ as one vector, laid out as {@code set().values()}. */
    public Tensor initialValues() {
        return initial;
    }

    private Tensor initialValue(String name) {
        Tensor view = set.gradients(initial).of(set.parameter(name));
        if (view == null) {
            throw new IllegalArgumentException("no trained parameter is named " + name);
        }
        return view;
    }

    /** Averaged s̃ of a site; the fixed scale where it is not learned. */
    public double averagedScale(AdapterSite site, @Nullable BiasCorrection correction) {
        return config.learnedScale()
                ? averaged(site.name() + ".scale", correction)[0]
                : of(site).scale().value().get(0);
    }

    @Override
    public void close() {
        set.close();
        arena.close();
    }
}
