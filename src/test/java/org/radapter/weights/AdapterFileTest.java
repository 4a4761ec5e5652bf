package org.radapter.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.radapter.adapter.AdapterConfig;
import org.radapter.adapter.AdapterSite;
import org.radapter.tensor.DType;
import org.radapter.tensor.Tensor;
import org.radapter.tensor.TensorSource;

class AdapterFileTest {
    private static final String BASE = "ab".repeat(32);
    private static final List<AdapterSite> SITES = List.of(
            new AdapterSite(AdapterSite.Tower.VISUAL, 0, AdapterSite.Position.ATTENTION, 6),
            new AdapterSite(AdapterSite.Tower.TEXT, 11, AdapterSite.Position.MLP, 4));

    @TempDir
    Path directory;

    @Test
    void formatOneStaysReadable() throws IOException {
        Path golden = Path.of("src/test/resources/org/radapter/weights/adapter-format-1.safetensors");
        try (AdapterFile file = AdapterFile.open(golden)) {
            AdapterDescription description = file.description();
            assertThat(description.baseSha256()).isEqualTo("0123456789abcdef".repeat(4));
            assertThat(description.config()).isEqualTo(new AdapterConfig(1, .1, true));
            assertThat(description.alpha()).isEqualTo(.5);
            assertThat(description.settings()).containsEntry("epochs", 3L).containsEntry("note", "format 1");
            assertThat(description.sites().stream().map(AdapterSite::name))
                    .containsExactly("visual.0.attn", "text.1.mlp");
            assertThat(description.sites().get(1).width()).isEqualTo(2);
            assertThat(HostTensors.read(file.averaged(), "visual.0.attn.down").toDoubles())
                    .containsExactly(0, .25, .5, .75);
            assertThat(HostTensors.read(file.averaged(), "text.1.mlp.up").toDoubles())
                    .containsExactly(0, -.5);
            TensorSource raw = Objects.requireNonNull(file.raw());
            assertThat(HostTensors.read(raw, "text.1.mlp.up").toDoubles()).containsExactly(100, 99.5);
            assertThat(HostTensors.read(raw, "text.1.mlp.scale").toDoubles()).containsExactly(100.125);
        }
    }

    @ParameterizedTest
    @CsvSource({"0,false", "0,true", "3,false", "3,true"})
    void whatIsWrittenComesBackAndEqualInputGivesEqualBytes(int rank, boolean learned) throws IOException {
        AdapterDescription description = description(rank, learned);
        Map<String, Tensor> averaged = tensors(description, 1);
        Map<String, Tensor> raw = tensors(description, 50);
        Path file = directory.resolve("adapter.safetensors");
        AdapterFile.write(file, description, averaged, raw);
        try (AdapterFile read = AdapterFile.open(file)) {
            assertThat(read.description()).isEqualTo(description);
            read.requireBase(BASE);
            assertThat(read.averaged().names()).isEqualTo(averaged.keySet());
            for (String name : averaged.keySet()) {
                assertThat(HostTensors.read(read.averaged(), name).bytes())
                        .isEqualTo(averaged.get(name).bytes());
                assertThat(HostTensors.read(Objects.requireNonNull(read.raw()), name)
                                .bytes())
                        .isEqualTo(raw.get(name).bytes());
            }
        }
        Path again = directory.resolve("again.safetensors");
        AdapterFile.write(again, description, new HashMap<>(averaged), new HashMap<>(raw));
        assertThat(Files.mismatch(file, again)).isEqualTo(-1);
    }

    @Test
    void aFileWithoutRawValuesSaysSo() throws IOException {
        AdapterDescription description = description(0, false);
        Path file = directory.resolve("adapter.safetensors");
        AdapterFile.write(file, description, tensors(description, 1), null);
        try (AdapterFile read = AdapterFile.open(file)) {
            assertThat(read.raw()).isNull();
        }
    }

    @Test
    void anotherBaseIsRefusedWithBothHashes() throws IOException {
        AdapterDescription description = description(0, false);
        Path file = directory.resolve("adapter.safetensors");
        AdapterFile.write(file, description, tensors(description, 1), null);
        try (AdapterFile read = AdapterFile.open(file)) {
            String other = "cd".repeat(32);
            assertThatThrownBy(() -> read.requireBase(other))
                    .isInstanceOf(WeightsFormatException.class)
                    .hasMessageContaining(BASE)
                    .hasMessageContaining(other);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "format | other | no adapter file",
                "format_version | 2 | update radapter",
                "format_version | x | damaged",
                "base_sha256 | 12 | damaged",
                "placement | visual.0.nose:6,text.11.mlp:4 | nose",
                "placement | visual.0.attn:6,visual.0.attn:6 | twice",
                "placement | visual.0.attn:6 | does not describe",
                "placement | visual.0.attn:6,text.11.mlp:5 | metadata say",
                "placement | visual.1.attn:6,text.11.mlp:4 | lacks",
                "rank | 2 | lacks",
                "rank | -1 | damaged",
                "scale_mode | learned | lacks",
                "scale_mode | maybe | damaged",
                "scale | NaN | damaged",
                "alpha | Infinity | damaged",
                "settings | [1] | settings",
                "alpha | | alpha",
            })
    void damagedMetadataAreRefused(String key, String value, String expected) throws IOException {
        AdapterDescription description = description(0, false);
        Map<String, String> metadata = new TreeMap<>(description.toMetadata());
        if (value == null) {
            metadata.remove(key);
        } else {
            metadata.put(key, value);
        }
        Path file = directory.resolve("adapter.safetensors");
        SafetensorsWriter.write(file, TensorSources.of(tensors(description, 1)), metadata);
        assertThatThrownBy(() -> AdapterFile.open(file).close())
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("adapter.safetensors")
                .hasMessageContaining(expected);
    }

    @Test
    void tensorsThatAreNotDescribedAreNotWritten() {
        AdapterDescription description = description(3, false);
        Path file = directory.resolve("adapter.safetensors");
        Map<String, Tensor> wrong = tensors(description(0, false), 1);
        assertThatThrownBy(() -> AdapterFile.write(file, description, wrong, null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(file).doesNotExist();
    }

    private static AdapterDescription description(int rank, boolean learned) {
        return new AdapterDescription(
                BASE, new AdapterConfig(rank, .25, learned), SITES, .5, Map.of("task", "a \"test\""));
    }

    private static Map<String, Tensor> tensors(AdapterDescription description, double first) {
        Map<String, Tensor> tensors = new TreeMap<>();
        description.shapes().forEach((name, shape) -> {
            Tensor tensor = HostTensors.allocate(DType.F32, shape);
            for (int i = 0; i < tensor.size(); i++) {
                tensor.set(i, first + name.hashCode() % 7 + i);
            }
            tensors.put(name, tensor);
        });
        return tensors;
    }
}
