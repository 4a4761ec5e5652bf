package org.radapter.clip.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizersTest {
    @TempDir
    Path directory;

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    @Test
    void namesWhatItLookedForWhereThereIsNothing() {
        assertThatThrownBy(() -> Tokenizers.load(directory))
                .isInstanceOf(VocabularyException.class)
                .hasMessageContaining("tokenizer.json")
                .hasMessageContaining("vocab.json")
                .hasMessageContaining("merges.txt")
                .hasMessageContaining("bpe_simple_vocab_16e6.txt.gz");
        assertThatThrownBy(() -> Tokenizers.load(directory.resolve("absent"))).hasMessageContaining("there is no");
    }

    @Test
    void findsTheVocabularyBesideTheModel() throws IOException {
        BytePairVocabulary vocabulary =
                BytePairVocabulary.ofMerges(List.of(new Merge("a", "b</w>")), "<|startoftext|>", "<|endoftext|>");
        VocabularyWriter.writePair(directory, vocabulary, 12);
        Path model = write("model.safetensors", "");
        for (Path path : List.of(directory, model, directory.resolve("vocab.json"), directory.resolve("merges.txt"))) {
            BytePairTokenizer tokenizer = Tokenizers.load(path);
            assertThat(tokenizer.contextLength()).isEqualTo(12);
            assertThat(tokenizer.encodeWords("ab")).containsExactly(512);
        }
        assertThat(Tokenizers.load(directory, 20).contextLength()).isEqualTo(20);
        Files.delete(directory.resolve("merges.txt"));
        assertThatThrownBy(() -> Tokenizers.load(directory)).hasMessageContaining("needs merges.txt");
    }

    @Test
    void readsAnyNumberOfMerges() throws IOException {
        Path list = write("list.txt", "#version: 0.2\na b\r\nab c</w>\n# #\n\n");
        assertThat(Tokenizers.load(list).vocabularySize()).isEqualTo(517);
        assertThat(Tokenizers.load(list).contextLength()).isEqualTo(77);
        assertThat(Tokenizers.loadVocabulary(list, 515).size()).isEqualTo(515);
        assertThat(Tokenizers.load(write("empty.txt", "")).vocabularySize()).isEqualTo(514);
        assertThat(Tokenizers.load(write("bare.txt", "# #\n")).vocabularySize()).isEqualTo(515);
    }

    @Test
    void readsMergesAsPairsInTokenizerJson() throws IOException {
        String vocab = "{\"a\":0,\"b</w>\":1,\"ab</w>\":2,\"<|startoftext|>\":3}";
        Path file = write(
                "tokenizer.json",
                "{\"added_tokens\":[{\"id\":4,\"content\":\"<|endoftext|>\"}],\"model\":{\"type\":\"BPE\","
                        + "\"end_of_word_suffix\":\"</w>\",\"vocab\":" + vocab + ",\"merges\":[[\"a\",\"b</w>\"]]}}");
        assertThat(Tokenizers.load(file).encode("ab")).startsWith(3, 2, 4).hasSize(77);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '→',
            quoteCharacter = '`',
            value = {
                "merges.txt→a b c→line 1: expected two tokens",
                "merges.txt→ab→expected two tokens",
                "merges.txt→a zz→the part of a merge \"zz\"",
                "tokenizer.json→{→not JSON",
                "tokenizer.json→[]→one JSON object",
                "tokenizer.json→{} {}→one JSON object",
                "tokenizer.json→{}→no model.vocab",
                "tokenizer.json→{\"model\":{\"type\":\"WordPiece\",\"vocab\":{}}}→CLIP's is BPE",
                "tokenizer.json→{\"model\":{\"type\":\"BPE\",\"vocab\":{}}}→end_of_word_suffix",
                "tokenizer.json→{\"model\":{\"end_of_word_suffix\":\"</w>\",\"vocab\":{\"a\":0},\"merges\":[]}}→among its tokens",
                "tokenizer.json→{\"model\":{\"end_of_word_suffix\":\"</w>\",\"vocab\":{\"a\":\"0\"}}}→no integer",
                "tokenizer.json→{\"model\":{\"end_of_word_suffix\":\"</w>\",\"vocab\":{\"<|startoftext|>\":0,"
                        + "\"<|endoftext|>\":0},\"merges\":[]}}→share the id 0",
                "tokenizer.json→{\"model\":{\"end_of_word_suffix\":\"</w>\",\"vocab\":{\"<|startoftext|>\":0,"
                        + "\"<|endoftext|>\":-1},\"merges\":[]}}→impossible id -1",
                "tokenizer.json→{\"model\":{\"end_of_word_suffix\":\"</w>\",\"vocab\":{\"<|startoftext|>\":0,"
                        + "\"<|endoftext|>\":1},\"merges\":[3]}}→no pair of tokens",
                "tokenizer.json→{\"model\":{\"end_of_word_suffix\":\"</w>\",\"vocab\":{\"<|startoftext|>\":0,"
                        + "\"<|endoftext|>\":1}}}→no list model.merges",
            })
    void refusesWhatIsNoVocabulary(String name, String content, String message) throws IOException {
        Path file = write(name, content);
        assertThatThrownBy(() -> Tokenizers.load(file))
                .isInstanceOf(VocabularyException.class)
                .hasMessageContaining(name)
                .hasMessageContaining(message);
    }

    @Test
    void refusesWhatIsNotUtf8() throws IOException {
        Path merges = directory.resolve("merges.txt");
        Files.write(merges, new byte[] {'a', ' ', (byte) 0xff, '\n'});
        assertThatThrownBy(() -> Tokenizers.load(merges))
                .isInstanceOf(VocabularyException.class)
                .hasMessageContaining("not UTF-8");
        Path json = directory.resolve("tokenizer.json");
        Files.write(json, "{\"\u00e9\":1}".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Tokenizers.load(json))
                .isInstanceOf(VocabularyException.class)
                .hasMessageContaining("UTF-8");
    }

    @Test
    void refusesADamagedGzipFile() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write("#version: 0.2\na b\n".repeat(100).getBytes(StandardCharsets.UTF_8));
        }
        Path file = directory.resolve("bpe_simple_vocab_16e6.txt.gz");
        Files.write(file, java.util.Arrays.copyOf(bytes.toByteArray(), bytes.size() / 2));
        assertThatThrownBy(() -> Tokenizers.load(file))
                .isInstanceOf(VocabularyException.class)
                .hasMessageContaining("damaged gzip");
    }

    @Test
    void refusesAGzipBomb() throws IOException {
        Path file = directory.resolve("bpe_simple_vocab_16e6.txt.gz");
        try (GZIPOutputStream gzip = new GZIPOutputStream(Files.newOutputStream(file))) {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 65; i++) {
                gzip.write(zeros);
            }
        }
        assertThatThrownBy(() -> Tokenizers.load(file)).hasMessageContaining("more than 64 MiB");
    }
}
