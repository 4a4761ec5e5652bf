package org.radapter.clip;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterParameters;
import org.radapter.adapter.AdapterSite;
import org.radapter.adapter.GateSource;
import org.radapter.adapter.Reparameterization;
import org.radapter.kernels.Gate;
import org.radapter.kernels.Kernels;
import org.radapter.kernels.reference.Precision;
import org.radapter.kernels.reference.ReferenceKernels;
import org.radapter.loss.MpmNce;
import org.radapter.loss.Objective;
import org.radapter.nn.Pass;
import org.radapter.optim.AdamWEma;
import org.radapter.optim.Gradients;
import org.radapter.tensor.Arena;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.weights.HostTensors;
import org.radapter.weights.Safetensors;

/** One golden CLIP with one whole training step, run on any backend. */
final class ClipCase {
    private final Path weightsFile;
    private final Map<String, Tensor> tensors = new TreeMap<>();
    private final Map<String, String> settings;

    ClipCase(Path directory, String tag) throws IOException {
        this.weightsFile = directory.resolve(tag + ".weights.safetensors");
        try (Safetensors file = Safetensors.open(directory.resolve(tag + ".case.safetensors"))) {
            this.settings = file.metadata();
            for (String name : file.names()) {
                tensors.put(name, HostTensors.read(file, name));
            }
        }
    }

    /** Every result in the file, by name. */
    Map<String, double[]> expected() {
        Map<String, double[]> expected = new TreeMap<>();
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            String name = entry.getKey();
            if (!name.matches("images|tokens|labels|adapter\\..*")) {
                expected.put(name, entry.getValue().toDoubles());
            }
        }
        return expected;
    }

    private double number(String key) {
        return Double.parseDouble(settings.get(key));
    }

    private int integer(String object, String key) {
        Matcher matcher = Pattern.compile('"' + key + "\": (\\d+)").matcher(settings.get(object));
        if (!matcher.find()) {
            throw new IllegalArgumentException(object + " has no " + key);
        }
        return Integer.parseInt(matcher.group(1));
    }

    private double gamma(AdapterSite site) {
        Matcher matcher = Pattern.compile(Pattern.quote('"' + site.name() + "\": ") + "([0-9.]+)")
                .matcher(settings.get("gammas"));
        if (!matcher.find()) {
            throw new IllegalArgumentException("no gamma for " + site.name());
        }
        return Double.parseDouble(matcher.group(1));
    }

    ClipConfig config() {
        int width = integer("vision", "width");
        int textWidth = integer("text", "width");
        return new ClipConfig(
                (int) number("embed_dim"),
                new ClipConfig.ImageTower(
                        width,
                        integer("vision", "layers"),
                        width / integer("vision", "head_width"),
                        4 * width,
                        integer("vision", "patch_size"),
                        integer("vision", "image_size")),
                new ClipConfig.TextTower(
                        textWidth,
                        integer("text", "layers"),
                        integer("text", "heads"),
                        4 * textWidth,
                        integer("text", "context_length"),
                        integer("text", "vocab_size"),
                        ClipConfig.EotPooling.argmax()),
                Boolean.parseBoolean(settings.get("quick_gelu")),
                ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
                ClipConfig.ImageNormalization.OPENAI);
    }

    /**
     * Everything in {@link #expected}, computed.
     *
     * @param fileGradients whether the optimiser is given the file's gradients instead of the computed ones
     */
    Map<String, double[]> run(Kernels kernels, DType dtype, boolean fileGradients) throws IOException {
        Map<String, double[]> results = new TreeMap<>();
        AdapterConfig adapterConfig = new AdapterConfig((int) number("rank"), number("adapter_scale"), true);
        try (Safetensors source = Safetensors.open(weightsFile);
                ClipParameters weights = ClipParameters.frozen(kernels, dtype.master(), config(), source);
                AdapterParameters adapters = new AdapterParameters(
                        kernels, dtype.master(), adapterConfig, ClipModel.adapterSites(config()), 1);
                Arena arena = kernels.device().arena("case")) {
            embed(kernels, dtype, weights, "zero_shot", results);
            loadAdapters(adapters);
            Tensor gradient = train(kernels, dtype, weights, adapters, arena, results);
            if (fileGradients) {
                for (String name : adapters.set().names()) {
                    adapters.set()
                            .gradients(gradient)
                            .of(adapters.set().parameter(name))
                            .copyFrom(tensors.get("grad." + name).toDoubles());
                }
            }
            optimize(kernels, adapters, gradient, results);
            merge(kernels, dtype, weights, adapters, arena, results);
        }
        return results;
    }

    private void embed(
            Kernels kernels, DType dtype, ClipParameters weights, String prefix, Map<String, double[]> results) {
        try (ClipModel model = new ClipModel(kernels, weights, dtype, null);
                Arena arena = kernels.device().arena("case")) {
            Tensor images = images(arena, dtype);
            Pass pass = Pass.inference(kernels, arena, dtype, images.extent(0));
            results.put(
                    prefix + ".image",
                    model.imageTower().forward(pass, images).features().toDoubles());
            results.put(
                    prefix + ".text",
                    model.textTower()
                            .forward(pass, integers("tokens"))
                            .features()
                            .toDoubles());
        }
    }

    private Tensor images(Arena arena, DType dtype) {
        Tensor images = tensors.get("images");
        return arena.allocate(dtype.master(), images.shape()).copyFrom(images.toDoubles());
    }

    private int[] integers(String name) {
        double[] values = tensors.get(name).toDoubles();
        int[] integers = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            integers[i] = (int) values[i];
        }
        return integers;
    }

    private void loadAdapters(AdapterParameters adapters) {
        for (String name : adapters.set().names()) {
            adapters.set()
                    .parameter(name)
                    .value()
                    .copyFrom(tensors.get("adapter." + name).toDoubles());
        }
        adapters.set().resetAverages();
    }

    /**
     * How far errors of the features move the loss if their signs are chance: the root of {@code Σ (∂L/∂f · error)²},
     * relative to the loss. One run's error of a single number may be far smaller by luck.
     *
     * @param results of a run, with its features
     */
    double lossErrorOfFeatures(Map<String, double[]> results) {
        double squares = 0;
        try (Kernels kernels = new ReferenceKernels(Precision.F64);
                Arena arena = kernels.device().arena("sensitivity")) {
            Tensor images = features(arena, "train.image");
            Tensor texts = features(arena, "train.text");
            Objective.Result loss = objective().evaluate(kernels, arena, images, texts, integers("labels"));
            squares += moved(loss.dImages(), images, results.get("train.image"));
            squares += moved(loss.dTexts(), texts, results.get("train.text"));
            return Math.sqrt(squares) / Math.abs(loss.value());
        }
    }

    /**
     * How far errors of the adapters' gradients move the gradients of their scales, s·ds = ⟨W, dW⟩ (for low rank
     * ⟨U, dU⟩), if their signs are chance: the norm over all scales, relative to theirs.
     *
     * @param results of a run, with its gradients
     */
    double scaleErrorOfGradients(Map<String, double[]> results) {
        double squares = 0;
        double whole = 0;
        for (String scale : expected().keySet()) {
            if (scale.startsWith("grad.") && scale.endsWith(".scale")) {
                String site = scale.substring("grad.".length(), scale.length() - ".scale".length());
                String matrix = site + (tensors.get("adapter." + site + ".up") == null ? ".w" : ".up");
                double factor = tensors.get("adapter." + site + ".scale").get(0);
                double[] weights = tensors.get("adapter." + matrix).toDoubles();
                double[] exact = expected().get("grad." + matrix);
                double[] actual = results.get("grad." + matrix);
                for (int i = 0; i < weights.length; i++) {
                    squares += Math.pow(weights[i] / factor * (actual[i] - exact[i]), 2);
                }
                whole += Math.pow(expected().get(scale)[0], 2);
            }
        }
        return whole == 0 ? 0 : Math.sqrt(squares / whole);
    }

    private Tensor features(Arena arena, String name) {
        double[] values = expected().get(name);
        int embedDim = config().embedDim();
        return arena.allocate(DType.F64, values.length / embedDim, embedDim).copyFrom(values);
    }

    private static double moved(Tensor gradient, Tensor exact, double[] actual) {
        double squares = 0;
        for (int i = 0; i < actual.length; i++) {
            squares += Math.pow(gradient.get(i) * (actual[i] - exact.get(i)), 2);
        }
        return squares;
    }

    private MpmNce objective() {
        return new MpmNce(1 / number("tau"), null, number("delta"), number("eps"));
    }

    private Tensor train(
            Kernels kernels,
            DType dtype,
            ClipParameters weights,
            AdapterParameters adapters,
            Arena arena,
            Map<String, double[]> results) {
        GateSource gates = (site, memory, first, samples, length) ->
                Gate.module(memory.allocate(dtype.master(), 1).copyFrom(gamma(site) / (1 - number("p"))));
        Tensor gradient = adapters.set().newGradient(arena);
        try (ClipModel model = new ClipModel(kernels, weights, dtype, adapters)) {
            Tensor images = images(arena, dtype);
            Pass pass = new Pass(kernels, arena, dtype, images.extent(0), 0, gates, true);
            ImageTower.Kept image = model.imageTower().forward(pass, images);
            TextTower.Kept text = model.textTower().forward(pass, integers("tokens"));
            results.put("train.image", image.features().toDoubles());
            results.put("train.text", text.features().toDoubles());
            Objective.Result loss =
                    objective().evaluate(kernels, arena, image.features(), text.features(), integers("labels"));
            results.put("train.loss", new double[] {loss.value()});
            Gradients gradients = adapters.set().gradients(gradient);
            model.imageTower().backward(pass, image, loss.dImages(), gradients);
            model.textTower().backward(pass, text, loss.dTexts(), gradients);
            for (String name : adapters.set().names()) {
                results.put(
                        "grad." + name,
                        gradients.of(adapters.set().parameter(name)).toDoubles());
            }
        }
        return gradient;
    }

    private void optimize(Kernels kernels, AdapterParameters adapters, Tensor gradient, Map<String, double[]> results) {
        AdamWEma.Settings constants = new AdamWEma.Settings(.9, .999, 1e-8, number("clip_norm"), number("ema_decay"));
        try (AdamWEma optimizer = new AdamWEma(kernels, adapters.set(), constants)) {
            optimizer.step(gradient, number("lr"));
            results.put("grad_norm", new double[] {optimizer.norm()});
        }
        for (String name : adapters.set().names()) {
            results.put("after." + name, adapters.set().parameter(name).value().toDoubles());
            results.put("ema." + name, adapters.set().average(name).toDoubles());
        }
    }

    private void merge(
            Kernels kernels,
            DType dtype,
            ClipParameters weights,
            AdapterParameters adapters,
            Arena arena,
            Map<String, double[]> results)
            throws IOException {
        try (Safetensors source = Safetensors.open(weightsFile);
                ClipParameters merged = ClipParameters.frozen(kernels, dtype.master(), config(), source)) {
            MergedProjections projections = new MergedProjections(weights, merged);
            new Reparameterization(kernels, adapters, number("alpha"), null).merge(projections);
            Map<String, Tensor> written = new LinkedHashMap<>();
            for (AdapterSite site : adapters.sites()) {
                written.put(MergedProjections.weightName(site), projections.mergedWeight(site));
                written.put(MergedProjections.biasName(site), projections.mergedBias(site));
            }
            written.forEach((name, value) -> results.put("merged." + name, value.toDoubles()));
            embed(kernels, dtype, merged, "ensemble", results);
        }
    }

    static List<String> tags(Path directory) throws IOException {
        try (var files = java.nio.file.Files.list(directory)) {
            return files.map(f -> f.getFileName().toString())
                    .filter(n -> n.endsWith(".case.safetensors"))
                    .map(n -> n.substring(0, n.length() - ".case.safetensors".length()))
                    .sorted()
                    .toList();
        }
    }
}
