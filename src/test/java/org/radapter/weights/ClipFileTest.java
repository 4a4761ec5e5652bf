package org.radapter.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipShapes;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

class ClipFileTest {
    private static final ClipConfig CONFIG = new ClipConfig(
            24,
            new ClipConfig.ImageTower(64, 2, 1, 128, 8, 16),
            new ClipConfig.TextTower(64, 1, 1, 128, 5, 30, ClipConfig.EotPooling.argmax()),
            true,
            ClipConfig.DEFAULT_LAYER_NORM_EPSILON,
            ClipConfig.ImageNormalization.OPENAI);

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(Naming.class)
    void halfPrecisionModelsKeepTheirTypeAndHash(Naming naming) throws IOException {
        Map<String, Tensor> model = model(CONFIG);
        Map<String, Tensor> half = new TreeMap<>();
        for (String name : model.keySet()) {
            half.put(name, HostTensors.read(TensorSources.of(model), name, DType.F16));
        }
        Path target = directory.resolve("half");
        write(target, naming, CONFIG, model, DType.F16);
        try (ClipFile file = ClipFile.open(target)) {
            assertThat(file.config()).isEqualTo(CONFIG);
            assertThat(file.tensors().dtype("logit_scale")).isEqualTo(DType.F16);
            assertThat(file.sha256())
                    .isEqualTo(WeightsHash.sha256(TensorSources.of(half)))
                    .isNotEqualTo(WeightsHash.sha256(TensorSources.of(model)));
        }
    }

    @Test
    void theHashSeesEveryValueNameAndExtent() throws IOException {
        Map<String, Tensor> model = model(CONFIG);
        String hash = WeightsHash.sha256(TensorSources.of(model));
        model.get("ln_final.bias").set(3, 17);
        assertThat(WeightsHash.sha256(TensorSources.of(model))).isNotEqualTo(hash);
        Tensor matrix = HostTensors.allocate(DType.F32, 2, 3);
        String first = WeightsHash.sha256(TensorSources.of(Map.of("a", matrix)));
        assertThat(WeightsHash.sha256(TensorSources.of(Map.of("a", matrix.reshape(3, 2)))))
                .isNotEqualTo(first);
        assertThat(WeightsHash.sha256(TensorSources.of(Map.of("b", matrix)))).isNotEqualTo(first);
    }

    @Test
    void oneOpenClipFileCarriesItsConfiguration() throws IOException {
        ClipConfig gelu =
                new ClipConfig(24, CONFIG.image(), CONFIG.text(), false, 1e-5, ClipConfig.ImageNormalization.OPENAI);
        Path file = directory.resolve("merged.safetensors");
        write(file, Naming.OPEN_CLIP, gelu, model(gelu), DType.F32);
        try (ClipFile read = ClipFile.open(file)) {
            assertThat(read.naming()).isEqualTo(Naming.OPEN_CLIP);
            assertThat(read.config()).isEqualTo(gelu);
        }
    }

    @Test
    void aConfigurationBesideAFileIsFound() throws IOException {
        Path file = directory.resolve("tiny.safetensors");
        write(file, Naming.OPENAI, CONFIG, model(CONFIG), DType.F32);
        Map<String, @Nullable Object> config = OpenClipConfig.format(
                new ClipConfig(24, CONFIG.image(), CONFIG.text(), false, 1e-5, ClipConfig.ImageNormalization.OPENAI));
        AtomicFiles.writeString(directory.resolve("tiny.json"), Json.format(config));
        try (ClipFile read = ClipFile.open(file)) {
            assertThat(read.config().quickGelu()).isFalse();
        }
        try (ClipFile read = ClipFile.open(file, new ClipFile.Options(CONFIG, false))) {
            assertThat(read.config()).isEqualTo(CONFIG);
        }
    }

    @Test
    void tensorsThatAreNoWeightsAreIgnored() throws IOException {
        Map<String, Tensor> model = model(CONFIG);
        model.put("input_resolution", HostTensors.allocate(DType.I64).copyFrom(16.0));
        model.put("context_length", HostTensors.allocate(DType.I64).copyFrom(5.0));
        model.put("vocab_size", HostTensors.allocate(DType.I64).copyFrom(30.0));
        Path file = directory.resolve("openai.safetensors");
        SafetensorsWriter.write(file, TensorSources.of(model), Map.of());
        try (ClipFile read = ClipFile.open(file)) {
            assertThat(read.config()).isEqualTo(CONFIG);
            assertThat(read.tensors().names())
                    .isEqualTo(ClipShapes.of(CONFIG).keySet())
                    .doesNotContain("vocab_size");
        }
    }

    @Test
    void anOverlayReplacesSingleTensors() throws IOException {
        Map<String, Tensor> model = model(CONFIG);
        Tensor replaced = HostTensors.allocate(DType.F32, 64).copyFrom(new double[64]);
        TensorSource merged = TensorSources.overlay(TensorSources.of(model), Map.of("ln_final.bias", replaced));
        Path file = directory.resolve("merged.safetensors");
        ClipFileWriter.write(file, Naming.OPEN_CLIP, CONFIG, merged, DType.F32, List.of());
        try (ClipFile read = ClipFile.open(file)) {
            assertThat(HostTensors.read(read.tensors(), "ln_final.bias").toDoubles())
                    .containsOnly(0);
            assertThat(HostTensors.read(read.tensors(), "ln_final.weight").toDoubles())
                    .containsExactly(model.get("ln_final.weight").toDoubles());
        }
    }

    @Test
    void tokenizerFilesAreCopiedAndFound() throws IOException {
        Path vocabulary = directory.resolve("merges.txt");
        Files.writeString(vocabulary, "#version\n");
        Path target = directory.resolve("model");
        ClipFileWriter.write(
                target, Naming.HUGGING_FACE, CONFIG, TensorSources.of(model(CONFIG)), DType.F32, List.of(vocabulary));
        try (ClipFile read = ClipFile.open(target)) {
            assertThat(read.tokenizerFiles()).containsExactly(target.resolve("merges.txt"));
        }
    }

    @Test
    void aModelInSeveralFilesIsReadAndAMissingPartNamed() throws IOException {
        Map<String, Tensor> model = model(CONFIG);
        Map<String, @Nullable Object> weightMap = new LinkedHashMap<>();
        Map<String, Map<String, Tensor>> shards = new TreeMap<>();
        int i = 0;
        for (Map.Entry<String, Tensor> item : model.entrySet()) {
            String shard = "model-0000" + (i++ % 2 + 1) + "-of-00002.safetensors";
            weightMap.put(item.getKey(), shard);
            shards.computeIfAbsent(shard, name -> new TreeMap<>()).put(item.getKey(), item.getValue());
        }
        for (Map.Entry<String, Map<String, Tensor>> shard : shards.entrySet()) {
            SafetensorsWriter.write(directory.resolve(shard.getKey()), TensorSources.of(shard.getValue()), Map.of());
        }
        Path index = directory.resolve("model.safetensors.index.json");
        AtomicFiles.writeString(index, Json.format(Map.of("weight_map", weightMap)));
        AtomicFiles.writeString(directory.resolve("open_clip_config.json"), Json.format(OpenClipConfig.format(CONFIG)));
        try (ClipFile read = ClipFile.open(directory)) {
            assertThat(read.weights()).isEqualTo(index);
            assertThat(read.sha256()).isEqualTo(WeightsHash.sha256(TensorSources.of(model)));
        }
        weightMap.put("ln_final.bias", weightMap.get("ln_final.weight"));
        AtomicFiles.writeString(index, Json.format(Map.of("weight_map", weightMap)));
        assertThatThrownBy(() -> ClipFile.open(directory).close())
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("ln_final.bias");
        Files.delete(directory.resolve("model-00002-of-00002.safetensors"));
        assertThatThrownBy(() -> ClipFile.open(directory).close())
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("model-00002-of-00002.safetensors")
                .hasMessageContaining("missing");
        weightMap.put("ln_final.bias", "../../etc/passwd.safetensors");
        AtomicFiles.writeString(index, Json.format(Map.of("weight_map", weightMap)));
        assertThatThrownBy(() -> ClipFile.open(index).close()).isInstanceOf(IOException.class);
    }

    @Test
    void wrongExtentsAreNamed() throws IOException {
        assertRefused(
                model -> model.put("transformer.resblocks.0.mlp.c_fc.bias", HostTensors.allocate(DType.F32, 127)),
                "transformer.resblocks.0.mlp.c_fc.bias",
                "[127]",
                "[128]");
    }

    @Test
    void missingAndSuperfluousTensorsAreListed() throws IOException {
        assertRefused(
                model -> {
                    model.remove("visual.ln_pre.bias");
                    model.put("visual.ln_pre.bais", HostTensors.allocate(DType.F32, 64));
                },
                "[visual.ln_pre.bias]",
                "[visual.ln_pre.bais]");
    }

    @Test
    void integersAreNoWeights() throws IOException {
        assertRefused(model -> model.put("logit_scale", HostTensors.allocate(DType.I32)), "logit_scale", "quantised");
    }

    @Test
    void notANumberIsRefusedByNameUnlessAllowed() throws IOException {
        Map<String, Tensor> model = model(CONFIG);
        model.get("visual.proj").set(9, Double.NaN);
        Path file = directory.resolve("nan.safetensors");
        write(file, Naming.OPEN_CLIP, CONFIG, model, DType.F32);
        try (ClipFile read = ClipFile.open(file);
                ClipFile lenient = ClipFile.open(file, new ClipFile.Options(null, true))) {
            assertThatThrownBy(() -> HostTensors.read(read.tensors(), "visual.proj"))
                    .isInstanceOf(WeightsFormatException.class)
                    .hasMessageContaining("visual.proj")
                    .hasMessageContaining("NaN");
            assertThat(HostTensors.read(lenient.tensors(), "visual.proj").get(9))
                    .isNaN();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "visual.layer1.0.conv1.weight,ResNet",
        "visual.trunk.blocks.0.norm1.weight,timm",
        "logit_bias,SigLIP",
        "text_decoder.ln_final.weight,CoCa",
        "text.transformer.resblocks.0.ln_1.weight,custom text tower",
    })
    void otherArchitecturesAreRefusedByName(String tensor, String architecture) throws IOException {
        assertRefused(model -> model.put(tensor, HostTensors.allocate(DType.F32, 1)), architecture, "not supported");
    }

    @Test
    void geometryThatCannotBeToldAsksForAConfiguration() throws IOException {
        ClipConfig narrow = new ClipConfig(
                24,
                new ClipConfig.ImageTower(96, 1, 3, 128, 8, 16),
                CONFIG.text(),
                true,
                1e-5,
                ClipConfig.ImageNormalization.OPENAI);
        Path file = directory.resolve("narrow.safetensors");
        SafetensorsWriter.write(file, TensorSources.of(model(narrow)), Map.of());
        assertThatThrownBy(() -> ClipFile.open(file).close())
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("heads")
                .hasMessageContaining("config.json")
                .hasMessageContaining("open_clip_config.json");
        Path target = directory.resolve("hf");
        write(target, Naming.HUGGING_FACE, CONFIG, model(CONFIG), DType.F32);
        Files.delete(target.resolve("config.json"));
        assertThatThrownBy(() -> ClipFile.open(target).close())
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("config.json");
    }

    @Test
    void openAisNamingRefusesWhatItCannotSay() {
        ClipConfig gelu =
                new ClipConfig(24, CONFIG.image(), CONFIG.text(), false, 1e-5, ClipConfig.ImageNormalization.OPENAI);
        Path file = directory.resolve("a.safetensors");
        assertThatThrownBy(() -> write(file, Naming.OPENAI, gelu, model(gelu), DType.F32))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("QuickGELU");
        assertThat(file).doesNotExist();
        assertThatThrownBy(() -> write(file, Naming.HUGGING_FACE, CONFIG, model(CONFIG), DType.F32))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("directory");
    }

    @Test
    void aDirectoryWithAnotherModelIsNotWrittenTo() throws IOException {
        Path target = directory.resolve("model");
        write(target, Naming.HUGGING_FACE, CONFIG, model(CONFIG), DType.F32);
        assertThatThrownBy(() -> write(target, Naming.OPEN_CLIP, CONFIG, model(CONFIG), DType.F32))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("another");
        write(target, Naming.HUGGING_FACE, CONFIG, model(CONFIG), DType.F32);
        assertThat(target.resolve("open_clip_config.json")).doesNotExist();
    }

    @Test
    void pathsWithoutAModelAreExplained() throws IOException {
        assertThatThrownBy(() -> ClipFile.open(directory.resolve("none")).close())
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("check the path");
        assertThatThrownBy(() -> ClipFile.open(directory).close())
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("holds no weights");
        Files.write(directory.resolve("pytorch_model.bin"), new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0});
        assertThatThrownBy(() -> ClipFile.open(directory).close())
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("python -c");
        write(directory.resolve("a.safetensors"), Naming.OPENAI, CONFIG, model(CONFIG), DType.F32);
        write(directory.resolve("b.safetensors"), Naming.OPENAI, CONFIG, model(CONFIG), DType.F32);
        assertThatThrownBy(() -> ClipFile.open(directory).close()).hasMessageContaining("several");
    }

    private void assertRefused(Consumer<Map<String, Tensor>> damage, String... expected) throws IOException {
        Map<String, Tensor> model = model(CONFIG);
        damage.accept(model);
        Path file = directory.resolve("damaged.safetensors");
        SafetensorsWriter.write(file, TensorSources.of(model), Map.of());
        assertThatThrownBy(() ->
                        ClipFile.open(file, new ClipFile.Options(CONFIG, false)).close())
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("damaged.safetensors")
                .hasMessageContainingAll(expected);
    }

    private static void write(Path target, Naming naming, ClipConfig config, Map<String, Tensor> model, DType dtype)
            throws IOException {
        Path weights = ClipFileWriter.write(target, naming, config, TensorSources.of(model), dtype, List.of());
        assertThat(weights).isRegularFile();
    }

    private static Map<String, Tensor> model(ClipConfig config) {
        Random random = new Random(7);
        Map<String, Tensor> model = new TreeMap<>();
        ClipShapes.of(config).forEach((name, shape) -> {
            Tensor tensor = HostTensors.allocate(DType.F32, shape);
            for (long i = 0; i < tensor.size(); i++) {
                tensor.set(i, random.nextGaussian());
            }
            model.put(name, tensor);
        });
        return model;
    }
}
