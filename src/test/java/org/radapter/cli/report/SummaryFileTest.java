package org.radapter.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.radapter.train.statistics.Outcomes;
import org.radapter.train.statistics.PairedComparison;
import org.radapter.weights.Json;
import org.radapter.weights.WeightsFormatException;

class SummaryFileTest {
    @TempDir
    Path folder;

    @Test
    void whatIsReadIsWhatWasWrittenButForTheLosses() throws IOException {
        RunResults results = SampleRun.results();
        Path file = folder.resolve("summary.json");
        SummaryFile.write(file, results);
        assertThat(SummaryFile.read(file)).usingRecursiveComparison().isEqualTo(results.withLosses(List.of()));
        assertThat(SummaryFile.read(file).run().settings().keySet())
                .containsExactlyElementsOf(results.run().settings().keySet());
    }

    @Test
    void rowsAndDifferencesHoldWhatAReaderExpects() throws IOException {
        Map<String, ?> root = parse(SummaryFile.format(SampleRun.results()));
        assertThat((List<?>) root.get("rows")).hasSize(3 * (1 + 3 * 3));
        assertThat(keys(root, "rows")).containsExactly("method", "split", "seed", "accuracy", "n");
        assertThat((List<?>) root.get("differences")).hasSize(3 * 6);
        assertThat(keys(root, "differences")).contains("split", "method", "baseline", "difference", "standard_error");
    }

    private static Map<String, ?> parse(String text) throws IOException {
        return Json.parseObject(text.getBytes(StandardCharsets.UTF_8), "text");
    }

    private static List<String> keys(Map<String, ?> root, String list) {
        Map<?, ?> first = (Map<?, ?>) ((List<?>) root.get(list)).get(0);
        return first.keySet().stream().map(String::valueOf).toList();
    }

    @Test
    void anErrorNobodyKnowsIsNull() throws IOException {
        Outcomes a = new Outcomes("a", "id", 1, List.of("image"), new boolean[] {true});
        Outcomes b = new Outcomes("b", "id", 1, List.of("image"), new boolean[] {false});
        RunResults bare = SampleRun.bare();
        RunResults one = RunResults.of(
                bare.run(), bare.focus(), bare.methods(), bare.splits(), PairedComparison.of(List.of(a, b)));
        Path file = folder.resolve("summary.json");
        SummaryFile.write(file, one);
        assertThat(Files.readString(file)).contains("\"standard_error\" : null");
        assertThat(SummaryFile.read(file).differences().get(0).standardError()).isNaN();
    }

    @Test
    void anotherFileIsRefusedByName() throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(file, "{\"version\": 1, \"title\": 3}");
        assertThatThrownBy(() -> SummaryFile.read(file))
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("config.json")
                .hasMessageContaining("summary.json");
        Files.writeString(file, "{\"version\": 2}");
        assertThatThrownBy(() -> SummaryFile.read(file)).hasMessageContaining("version 2");
        Files.writeString(file, SummaryFile.format(SampleRun.bare()).replace("\"seed\" : 11", "\"seed\" : \"x\""));
        assertThatThrownBy(() -> SummaryFile.read(file))
                .isInstanceOf(WeightsFormatException.class)
                .hasMessageContaining("rows[1]")
                .hasMessageContaining("\"seed\" is not a whole number");
        Files.writeString(file, SummaryFile.format(SampleRun.bare()).replace("\"role\" : \"id\"", "\"role\" : \"?\""));
        assertThatThrownBy(() -> SummaryFile.read(file)).hasMessageContaining("unknown role");
    }
}
