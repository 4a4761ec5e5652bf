package org.radapter.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.Segment;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;

/**
 * Everything that is trained, in one place: values, moments and averages each lie in one contiguous tensor, so that a
 * step, a sum of gradients and a checkpoint are one pass over memory. Views give each parameter its shape.
 *
 * <p>Not thread-safe.
 */
public final class ParameterSet implements AutoCloseable {
    /** Parameters begin at multiples of this many elements; the gaps stay zero. */
    private static final long ALIGNMENT = 16;

    /**
     * What a set is made of.
     *
     * @param name unique within the set
     * @param shape extents
     * @param weightDecay decoupled weight decay of AdamW
     */
    public record Specification(String name, List<Long> shape, double weightDecay) {
        /** A parameter of the given extents. */
        public static Specification of(String name, double weightDecay, long... shape) {
            return new Specification(name, Arrays.stream(shape).boxed().toList(), weightDecay);
        }

        private long size() {
            return shape.stream().reduce(1L, Math::multiplyExact);
        }

        private long[] extents() {
            return shape.stream().mapToLong(Long::longValue).toArray();
        }
    }

    private record Place(Specification specification, long offset) {}

    private final Kernels kernels;
    private final Arena arena;
    private final DType dtype;
    private final Map<String, Place> places = new LinkedHashMap<>();
    private final long length;
    private final Tensor values;
    private final Tensor expAvg;
    private final Tensor expAvgSq;
    private final @Nullable Tensor averages;

    /**
     * Memory for the given parameters; all values, moments and averages are zero.
     *
     * @param dtype master type, F32 or F64
     * @param averaged whether a moving average is kept
     * @throws IllegalArgumentException if there is no parameter or two have one name
     */
    public ParameterSet(Kernels kernels, DType dtype, List<Specification> specifications, boolean averaged) {
        this.kernels = kernels;
        this.dtype = dtype;
        if (specifications.isEmpty()) {
            throw new IllegalArgumentException("nothing to train: the set of parameters is empty");
        }
        long at = 0;
        for (Specification each : specifications) {
            if (places.put(each.name(), new Place(each, at)) != null) {
                throw new IllegalArgumentException("two parameters are named " + each.name());
            }
            at += (each.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        this.length = at;
        this.arena = kernels.device().arena("parameters");
        try {
            this.values = zeros();
            this.expAvg = zeros();
            this.expAvgSq = zeros();
            this.averages = averaged ? zeros() : null;
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private Tensor zeros() {
        Tensor tensor = arena.allocate(dtype, length);
        kernels.fill(tensor, 0);
        return tensor;
    }

    /** Names in the order given. */
    public List<String> names() {
        return List.copyOf(places.keySet());
    }

    /** Whether there is a parameter of this name. */
    public boolean contains(String name) {
        return places.containsKey(name);
    }

    /** Number of trained numbers. */
    public long size() {
        return places.values().stream().mapToLong(p -> p.specification().size()).sum();
    }

    /** The parameter of this name. */
    public Parameter parameter(String name) {
        return new Parameter(name, view(values, name), true);
    }

    /** Moving average of a parameter, in its shape. */
    public Tensor average(String name) {
        return view(averages(), name);
    }

    /** Whether averages are kept. */
    public boolean isAveraged() {
        return averages != null;
    }

    /** All values as one vector; gaps are zero. */
    public Tensor values() {
        return values;
    }

    /** All averages as one vector. */
    public Tensor averages() {
        if (averages == null) {
            throw new IllegalStateException("this set keeps no averages");
        }
        return averages;
    }

    /** All first moments as one vector. */
    public Tensor expAvg() {
        return expAvg;
    }

    /** All second moments as one vector. */
    public Tensor expAvgSq() {
        return expAvgSq;
    }

    /** Makes the averages equal to the values: the state before the first step. */
    public void resetAverages() {
        kernels.convert(values, averages());
    }

    /** A vector for all gradients, cleared; see {@link #gradients}. */
    public Tensor newGradient(Arena target) {
        Tensor gradient = target.allocate(dtype, length);
        kernels.fill(gradient, 0);
        return gradient;
    }

    /** Views into a vector made by {@link #newGradient}, by parameter. */
    public Gradients gradients(Tensor flat) {
        return parameter ->
                parameter.trained() && places.containsKey(parameter.name()) ? view(flat, parameter.name()) : null;
    }

    /** Segments for the optimiser, neighbours of equal weight decay joined. */
    public List<Segment> segments(Tensor gradient) {
        List<Segment> segments = new ArrayList<>();
        List<Place> all = List.copyOf(places.values());
        int first = 0;
        for (int i = 1; i <= all.size(); i++) {
            double decay = all.get(first).specification().weightDecay();
            if (i < all.size() && all.get(i).specification().weightDecay() == decay) {
                continue;
            }
            long from = all.get(first).offset();
            long to = i < all.size() ? all.get(i).offset() : length;
            segments.add(new Segment(
                    slice(values, from, to),
                    slice(gradient, from, to),
                    slice(expAvg, from, to),
                    slice(expAvgSq, from, to),
                    averages == null ? null : slice(averages, from, to),
                    decay));
            first = i;
        }
        return segments;
    }

    private static Tensor slice(Tensor flat, long from, long to) {
        return flat.columns(from, to).reshape(to - from);
    }

    private Tensor view(Tensor flat, String name) {
        Place place = places.get(name);
        if (place == null) {
            throw new IllegalArgumentException("no trained parameter is named " + name);
        }
        long from = place.offset();
        return slice(flat, from, from + place.specification().size())
                .reshape(place.specification().extents());
    }

    @Override
    public void close() {
        arena.close();
    }
}
