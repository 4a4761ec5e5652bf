package org.radapter.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.radapter.clip.ClipConfig;
import org.radapter.clip.ClipShapes;
import org.radapter.tensor.DType;
import org.radapter.tensor.TensorSource;

/** Reads the golden models, and writes them in every naming without changing a bit. */
class GoldenClipFileTest {
    private static final Path GOLDEN = Path.of(System.getProperty("radapter.golden", "src/test/resources/golden"));

    private static final String WEIGHTS = ".weights.safetensors";

    static List<String> huggingFaceModels() throws IOException {
        return names(file -> Files.exists(file.resolve("config.json")), "");
    }

    static List<String> bareModels() throws IOException {
        return names(file -> file.toString().endsWith(WEIGHTS), WEIGHTS);
    }

    private static List<String> names(Predicate<Path> kind, String ending) throws IOException {
        try (Stream<Path> files = Files.list(GOLDEN)) {
            return files.filter(kind)
                    .map(file -> file.getFileName().toString().replace(ending, ""))
                    .sorted()
                    .toList();
        }
    }

    @TempDir
    Path directory;

    @ParameterizedTest
    @MethodSource("huggingFaceModels")
    void huggingFaceDirectoryIsReadAsItsConfigurationSays(String name) throws IOException {
        Map<String, @Nullable Object> json =
                Json.readObject(GOLDEN.resolve(name).resolve("config.json"));
        try (ClipFile file = ClipFile.open(GOLDEN.resolve(name))) {
            ClipConfig config = file.config();
            assertThat(file.naming()).isEqualTo(Naming.HUGGING_FACE);
            assertThat((long) config.embedDim()).isEqualTo(json.get("projection_dim"));
            Map<?, ?> vision = (Map<?, ?>) json.get("vision_config");
            assertThat((long) config.image().width()).isEqualTo(vision.get("hidden_size"));
            assertThat((long) config.image().heads()).isEqualTo(vision.get("num_attention_heads"));
            assertThat(config.quickGelu()).isEqualTo("quick_gelu".equals(vision.get("hidden_act")));
            Map<?, ?> text = (Map<?, ?>) json.get("text_config");
            assertThat((long) config.text().contextLength()).isEqualTo(text.get("max_position_embeddings"));
            long eos = (Long) text.get("eos_token_id");
            assertThat(config.text().pooling())
                    .isEqualTo(eos == 2 ? ClipConfig.EotPooling.argmax() : ClipConfig.EotPooling.first((int) eos));
            assertThat(file.tensors().names()).isEqualTo(ClipShapes.of(config).keySet());
        }
    }

    @ParameterizedTest
    @MethodSource("huggingFaceModels")
    void queryKeyAndValueAreJoinedAndProjectionsTransposed(String name) throws IOException {
        try (Safetensors raw = Safetensors.open(GOLDEN.resolve(name).resolve("model.safetensors"));
                ClipFile file = ClipFile.open(GOLDEN.resolve(name))) {
            int width = file.config().image().width();
            double[] joined = read(file.tensors(), "visual.transformer.resblocks.0.attn.in_proj_weight");
            double[] value = read(raw, "vision_model.encoder.layers.0.self_attn.v_proj.weight");
            assertThat(joined[2 * width * width + 5]).isEqualTo(value[5]);
            assertThat(joined[joined.length - 1]).isEqualTo(value[value.length - 1]);
            double[] key = read(raw, "text_model.encoder.layers.0.self_attn.k_proj.bias");
            double[] joinedBias = read(file.tensors(), "transformer.resblocks.0.attn.in_proj_bias");
            assertThat(joinedBias[key.length + 3]).isEqualTo(key[3]);
            double[] stored = read(raw, "visual_projection.weight");
            double[] projection = read(file.tensors(), "visual.proj");
            int embed = file.config().embedDim();
            for (int i = 0; i < width; i++) {
                for (int j = 0; j < embed; j++) {
                    assertThat(projection[i * embed + j]).isEqualTo(stored[j * width + i]);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("bareModels")
    void bareFileIsReadAsOpenAis(String name) throws IOException {
        ClipConfig settings = settings(name);
        Path bare = GOLDEN.resolve(name + WEIGHTS);
        if (!hasOpenAisHeads(settings)) {
            assertThatThrownBy(() -> ClipGeometry.requireInferable(settings))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no place for");
            return;
        }
        ClipConfig expected = new ClipConfig(
                settings.embedDim(),
                settings.image(),
                settings.text(),
                true,
                settings.layerNormEpsilon(),
                settings.normalization());
        try (ClipFile file = ClipFile.open(bare)) {
            assertThat(file.naming()).isEqualTo(Naming.OPENAI);
            assertThat(file.config()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource(Naming.class)
    void everyModelSurvivesEveryNamingBitForBit(Naming naming) throws IOException {
        for (String name : huggingFaceModels()) {
            try (ClipFile original = ClipFile.open(GOLDEN.resolve(name))) {
                requireSurvival(name, original, naming);
            }
        }
        for (String name : bareModels()) {
            ClipFile.Options options = new ClipFile.Options(settings(name), false);
            try (ClipFile original = ClipFile.open(GOLDEN.resolve(name + WEIGHTS), options)) {
                requireSurvival(name, original, naming);
            }
        }
    }

    private void requireSurvival(String name, ClipFile original, Naming naming) throws IOException {
        ClipConfig config = original.config();
        Path target = directory.resolve(naming + "-" + name);
        boolean fits =
                config.quickGelu() && hasOpenAisHeads(config) && config.text().poolsAtHighestId();
        if (naming == Naming.OPENAI && !fits) {
            assertThatThrownBy(() ->
                            ClipFileWriter.write(target, naming, config, original.tensors(), DType.F32, List.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no place for");
            return;
        }
        Path weights = ClipFileWriter.write(target, naming, config, original.tensors(), DType.F32, List.of());
        assertThat(weights).isRegularFile();
        try (ClipFile copy = ClipFile.open(target)) {
            assertThat(copy.naming()).isEqualTo(naming);
            assertThat(copy.sha256()).isEqualTo(original.sha256());
            assertSameTensors(copy.tensors(), original.tensors());
            assertThat(copy.config().image()).isEqualTo(config.image());
            assertThat(copy.config().quickGelu()).isEqualTo(config.quickGelu());
            assertThat(copy.config().text().heads()).isEqualTo(config.text().heads());
            assertThat(copy.config().text().poolsAtHighestId())
                    .isEqualTo(config.text().poolsAtHighestId());
        }
    }

    private static ClipConfig settings(String name) throws IOException {
        try (Safetensors golden = Safetensors.open(GOLDEN.resolve(name + ".case.safetensors"))) {
            Map<String, String> settings = golden.metadata();
            String json = "{\"embed_dim\":" + settings.get("embed_dim") + ",\"quick_gelu\":"
                    + settings.get("quick_gelu") + ",\"vision_cfg\":" + settings.get("vision") + ",\"text_cfg\":"
                    + settings.get("text") + "}";
            return OpenClipConfig.parse(Json.parseObject(json.getBytes(StandardCharsets.UTF_8), name), name);
        }
    }

    private static boolean hasOpenAisHeads(ClipConfig config) {
        return config.image().headWidth() == 64 && config.text().headWidth() == 64;
    }

    private static void assertSameTensors(TensorSource actual, TensorSource expected) throws IOException {
        assertThat(actual.names()).isEqualTo(expected.names());
        for (String name : expected.names()) {
            assertThat(actual.shape(name)).as(name).isEqualTo(expected.shape(name));
            assertThat(HostTensors.read(actual, name).bytes())
                    .as(name)
                    .isEqualTo(HostTensors.read(expected, name).bytes());
        }
    }

    private static double[] read(TensorSource source, String name) throws IOException {
        return HostTensors.read(source, name).toDoubles();
    }
}
