package org.radapter.clip;

import java.io.IOException;
import java.util.ArrayList;
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
import org.radapter.tensor.TensorSource;

/**
 * The weights of a CLIP by canonical name: frozen, for inference and for training adapters, or trained, for pre-training
 * and full fine-tuning.
 */
public final class ClipParameters implements AutoCloseable {
    private final ClipConfig config;
    private final DType dtype;
    private final @Nullable ParameterSet set;
    private final @Nullable Arena arena;
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();

    private ClipParameters(
            ClipConfig config,
            DType dtype,
            Kernels kernels,
            boolean trained,
            List<ParameterSet.Specification> besides,
            double weightDecay) {
        this.config = config;
        this.dtype = dtype;
        Map<String, long[]> shapes = ClipShapes.of(config);
        if (trained) {
            ParameterSet all = new ParameterSet(kernels, dtype, specifications(shapes, besides, weightDecay), true);
            shapes.keySet().forEach(name -> parameters.put(name, all.parameter(name)));
            this.set = all;
            this.arena = null;
        } else {
            Arena memory = kernels.device().arena("weights");
            try {
                shapes.forEach((name, shape) ->
                        parameters.put(name, Parameter.frozen(name, memory.allocate(dtype, extents(shape)))));
            } catch (RuntimeException | Error e) {
                memory.close();
                throw e;
            }
            this.set = null;
            this.arena = memory;
        }
    }

    /** A scalar is kept as a vector of one. */
    private static long[] extents(long[] shape) {
        return shape.length == 0 ? new long[] {1} : shape;
    }

    private static List<ParameterSet.Specification> specifications(
            Map<String, long[]> shapes, List<ParameterSet.Specification> besides, double weightDecay) {
        List<ParameterSet.Specification> all = new ArrayList<>();
        shapes.forEach((name, shape) -> {
            boolean decays = shape.length >= 2 && !name.endsWith("positional_embedding");
            all.add(ParameterSet.Specification.of(name, decays ? weightDecay : 0, extents(shape)));
        });
        all.addAll(besides);
        return all;
    }

    /**
     * Weights that never change.
     *
     * @param dtype master type, F32 or F64
     * @param source every name of {@link ClipShapes}, with its extents
     * @throws IOException if a weight cannot be read
     */
    public static ClipParameters frozen(Kernels kernels, DType dtype, ClipConfig config, TensorSource source)
            throws IOException {
        ClipParameters all = new ClipParameters(config, dtype, kernels, false, List.of(), 0);
        try {
            all.read(source);
        } catch (IOException | RuntimeException | Error e) {
            all.close();
            throw e;
        }
        return all;
    }

    /**
     * Weights to be trained on, starting from {@code source}; matrices decay, vectors and positions do not.
     *
     * @throws IOException if a weight cannot be read
     */
    public static ClipParameters trained(
            Kernels kernels, DType dtype, ClipConfig config, TensorSource source, double weightDecay)
            throws IOException {
        return trained(kernels, dtype, config, source, List.of(), weightDecay);
    }

    /**
     * The same with parameters in the {@link #set} that are no weights of the model, such as a head of classes; they begin
     * at zero.
     *
     * @throws IOException if a weight cannot be read
     */
    public static ClipParameters trained(
            Kernels kernels,
            DType dtype,
            ClipConfig config,
            TensorSource source,
            List<ParameterSet.Specification> besides,
            double weightDecay)
            throws IOException {
        ClipParameters all = new ClipParameters(config, dtype, kernels, true, besides, weightDecay);
        try {
            all.read(source);
            all.set().resetAverages();
        } catch (IOException | RuntimeException | Error e) {
            all.close();
            throw e;
        }
        return all;
    }

    /** Weights to be trained from scratch, drawn as CLIP's own code draws them; 1/τ starts at 1/0.07. */
    public static ClipParameters random(
            Kernels kernels, DType dtype, ClipConfig config, double weightDecay, long seed) {
        ClipParameters all = new ClipParameters(config, dtype, kernels, true, List.of(), weightDecay);
        try {
            CounterRandom random = new CounterRandom(seed);
            for (Parameter parameter : all.parameters.values()) {
                initialize(config, parameter, random);
            }
            all.set().resetAverages();
        } catch (RuntimeException | Error e) {
            all.close();
            throw e;
        }
        return all;
    }

    private void read(TensorSource source) throws IOException {
        for (Parameter parameter : parameters.values()) {
            source.load(parameter.name(), parameter.value());
        }
    }

    /** Standard deviations of OpenAI's initialisation; gains are 1, biases 0. */
    private static void initialize(ClipConfig config, Parameter parameter, CounterRandom random) {
        String name = parameter.name();
        Tensor value = parameter.value();
        boolean visual = name.startsWith("visual.");
        double width = visual ? config.image().width() : config.text().width();
        double layers = visual ? config.image().layers() : config.text().layers();
        if (name.equals(ClipShapes.LOGIT_SCALE)) {
            value.copyFrom(Math.log(1 / 0.07));
        } else if (name.contains("ln_") && name.endsWith("weight")) {
            normal(value, 1, 0, random, name);
        } else if (name.endsWith("bias")) {
            normal(value, 0, 0, random, name);
        } else {
            normal(value, 0, deviation(name, width, layers), random, name);
        }
    }

    private static double deviation(String name, double width, double layers) {
        double attention = 1 / Math.sqrt(width);
        if (name.equals("token_embedding.weight")) {
            return 0.02;
        }
        if (name.equals("positional_embedding")) {
            return 0.01;
        }
        if (name.endsWith("out_proj.weight") || name.endsWith("c_proj.weight")) {
            return attention / Math.sqrt(2 * layers);
        }
        if (name.endsWith("c_fc.weight")) {
            return attention / Math.sqrt(2);
        }
        return attention;
    }

    private static void normal(Tensor value, double mean, double deviation, CounterRandom random, String name) {
        long place = CounterRandom.site("weight.initial." + name);
        double[] values = new double[Math.toIntExact(value.size())];
        for (int i = 0; i < values.length; i++) {
            double draw = deviation == 0 ? 0 : random.normal(0, place, i);
            values[i] = mean + deviation * draw;
        }
        value.copyFrom(values);
    }

    /** Geometry of the model. */
    public ClipConfig config() {
        return config;
    }

    /** Master type. */
    public DType dtype() {
        return dtype;
    }

    /** The weight of this canonical name. */
    public Parameter get(String name) {
        Parameter parameter = parameters.get(name);
        if (parameter == null) {
            throw new IllegalArgumentException("no weight is named " + name);
        }
        return parameter;
    }

    /** All weights, in the order of {@link ClipShapes}. */
    public List<Parameter> all() {
        return List.copyOf(parameters.values());
    }

    /** Whether these are trained. */
    public boolean isTrained() {
        return set != null;
    }

    /**
     * What is trained.
     *
     * @throws IllegalStateException if these are frozen
     */
    public ParameterSet set() {
        if (set == null) {
            throw new IllegalStateException("the weights of this model are frozen");
        }
        return set;
    }

    /** Current 1/τ. */
    public double logitScale() {
        return Math.exp(get(ClipShapes.LOGIT_SCALE).value().get(0));
    }

    @Override
    public void close() {
        if (set != null) {
            set.close();
        }
        if (arena != null) {
            arena.close();
        }
    }
}
