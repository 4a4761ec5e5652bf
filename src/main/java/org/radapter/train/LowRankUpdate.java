package org.radapter.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.radapter.clip.ClipParameters;
import org.radapter.kernels.Kernels;
import org.radapter.optim.Gradients;
import org.radapter.optim.Parameter;
import org.radapter.optim.ParameterSet;
import org.radapter.tensor.Arena;
import org.radapter.tensor.CounterRandom;
import org.radapter.tensor.Tensor;

/**
 * LoRA (Hu et al., 2022) on the projections to queries, keys and values of every layer of both towers, as CLIP-LoRA
 * (Zanella and Ben Ayed, 2024) puts it: {@code W = W₀ + B A} with A [r, d] and B [d, r] for each of the three, A uniform
 * within ±1/√d and B zero at first, so that step 0 is the model before.
 */
final class LowRankUpdate implements WeightUpdate, AutoCloseable {
    private static final String INPUT = ".attn.in_proj_weight";
    private static final int PARTS = 3;

    private final Kernels kernels;
    private final Arena arena;
    private final ParameterSet factors;
    private final List<Part> parts = new ArrayList<>();

    /** One of a layer's three projections: PyTorch's [out, in] of width d. */
    private record Part(Parameter stacked, int index, Tensor before, String down, String up) {
        /** The rows of this part in a tensor shaped as the three together. */
        Tensor rows(Tensor all) {
            long d = all.extent(1);
            return all.rows(index * d, (index + 1) * d);
        }
    }

    /**
     * Updates that change nothing yet.
     *
     * @param before frozen weights W₀
     * @param trained weights that the model runs on, equal to {@code before}
     * @param rank r, at least 1
     */
    LowRankUpdate(Kernels kernels, ClipParameters before, ClipParameters trained, int rank, long seed) {
        this.kernels = kernels;
        List<ParameterSet.Specification> all = new ArrayList<>();
        for (Parameter weight : trained.all()) {
            if (weight.name().endsWith(INPUT)) {
                long d = weight.value().extent(1);
                for (int index = 0; index < PARTS; index++) {
                    String name = weight.name() + "." + index;
                    Part part = new Part(
                            weight, index, before.get(weight.name()).value(), name + ".lora_a", name + ".lora_b");
                    parts.add(part);
                    all.add(ParameterSet.Specification.of(part.down(), 0, rank, d));
                    all.add(ParameterSet.Specification.of(part.up(), 0, d, rank));
                }
            }
        }
        this.factors = new ParameterSet(kernels, trained.dtype(), all, true);
        try {
            CounterRandom random = new CounterRandom(seed);
            parts.forEach(part -> initialize(part, random));
            factors.resetAverages();
        } catch (RuntimeException | Error e) {
            factors.close();
            throw e;
        }
        this.arena = kernels.device().arena("low-rank update");
    }

    private void initialize(Part part, CounterRandom random) {
        Tensor down = factors.parameter(part.down()).value();
        double bound = 1 / Math.sqrt((double) down.extent(1));
        long site = CounterRandom.site("initial." + part.down());
        double[] values = new double[Math.toIntExact(down.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.uniform(0, site, i, -bound, bound);
        }
        down.copyFrom(values);
    }

    @Override
    public ParameterSet factors() {
        return factors;
    }

    /** {@code dB = dW Aᵀ}, {@code dA = Bᵀ dW}. */
    @Override
    public void pullBack(Gradients ofWeights, Gradients ofFactors) {
        for (Part part : parts) {
            Tensor dWeight = part.rows(Objects.requireNonNull(ofWeights.of(part.stacked())));
            Parameter down = factors.parameter(part.down());
            Parameter up = factors.parameter(part.up());
            kernels.gemm(false, true, dWeight, down.value(), Objects.requireNonNull(ofFactors.of(up)));
            kernels.gemm(true, false, up.value(), dWeight, Objects.requireNonNull(ofFactors.of(down)));
        }
    }

    @Override
    public void write() {
        for (Part part : parts) {
            write(
                    part,
                    factors.parameter(part.down()).value(),
                    factors.parameter(part.up()).value());
        }
    }

    /** Writes the weights that the factors' moving averages make. */
    void writeAveraged() {
        for (Part part : parts) {
            write(part, factors.average(part.down()), factors.average(part.up()));
        }
    }

    private void write(Part part, Tensor down, Tensor up) {
        long mark = arena.mark();
        Tensor target = part.rows(part.stacked().value());
        Tensor product = arena.allocate(target.dtype(), target.shape());
        kernels.gemm(false, false, up, down, product);
        kernels.add(part.rows(part.before()), product, target);
        arena.release(mark);
    }

    @Override
    public void close() {
        factors.close();
        arena.close();
    }
}
